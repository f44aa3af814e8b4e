-- What a clock that was ahead has ended, to be found when it is right again.
CREATE INDEX certificate_expired ON certificate (ended_at) WHERE state = 'expired';
CREATE INDEX api_key_next ON api_key (device) WHERE next = 1;
