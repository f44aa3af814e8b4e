-- An operator of one tenant lists its certificates page by page.
CREATE INDEX certificate_tenant ON certificate (tenant, id);
