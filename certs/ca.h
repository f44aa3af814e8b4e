/*
 * The authority: what the service asks for a certificate. A port: ca_local.c holds the key in a file; tests link
 * another body. Not thread-safe; one thread owns a struct ca.
 */
#ifndef MUSTER_CERTS_CA_H
#define MUSTER_CERTS_CA_H

#include "certs/key.h"
#include "certs/profile.h"

#define CERTIFICATE_PEM_MAX 4096
#define CERTIFICATE_DER_MAX 2976 /* the most octets of which the PEM, with its NUL, fits into that */
#define CA_BUNDLE_MAX       (16 * 1024)
#define CA_ISSUERS_MAX      16 /* certificates of an authority: issuing ones and roots */
#define CA_ISSUER_ID        40 /* lower-case hex digits of a subject key identifier of 20 octets */

struct ca;

/* Where the authority lives and what it writes into certificates. Texts are copied; NULL organization or country
 * leaves that attribute out.
 * The certificate file says what the authority is: first the CA that issues, then those that issued before it and whose
 * certificates still count, then the root (or roots). An authority without a root is its own: self-signed. The private
 * key of the issuing CA with id X (ca_issuer_id) lies in <key_file>.X, or in <key_file> when that is not there. */
struct ca_options {
    const char *certificate_file, *key_file;
    const char *root_certificate_file, *root_key_file; /* the root's own files, both or NULL: none. Opened only where a
                                                          certificate of an issuing CA is made: they may be elsewhere */
    const char *passphrase_file;                       /* for all keys; NULL: they are not encrypted */
    const char *organization; /* O of the subjects, at most 64 octets (RFC 5280, appendix A.1) */
    const char *country;      /* C of the subjects, two letters */
};

/* How making or changing an authority ends. Below 0 there is a sentence with the mend in `error`. */
enum ca_end {
    CA_DONE = 0,
    CA_ROOT_AWAY = 1,    /* ca_rotate: the root's key is not here, and nothing else is in the way */
    CA_WAS_SO = 2,       /* there was nothing to do: nothing was changed */
    CA_REFUSED = -1,     /* something about the authority's files, keys or passphrase is not as it must be */
    CA_NOT_WRITTEN = -2, /* a file could not be written or removed: the same call again completes the change */
    CA_UNFIT = -3        /* what was given does not fit: the certificate of ca_install, the id of ca_drop */
};

/* A device's certificate to be. */
struct certificate_request {
    const struct public_key *key;
    const char *device_id;     /* subject CN=Device-<device_id> */
    const char *uuid, *tenant; /* SAN URI urn:muster:<tenant>:<uuid> */
    unsigned char serial[PROFILE_SERIAL];
    struct validity validity;
};

struct certificate {
    char id[PROFILE_CERTIFICATE_ID + 1];
    char issuer[CA_ISSUER_ID + 1];
    char pem[CERTIFICATE_PEM_MAX];
    unsigned char fingerprint[32]; /* SHA-256 over the DER */
    struct validity validity;
};

/* Makes a new authority in the files of `options`: with root files, a root and an issuing CA that is signed by it;
 * without, one self-signed certificate. All keys are of `type` (EC or RSA), with mode 0600, encrypted when there is a
 * passphrase file (its first line). Never replaces a file: an existing certificate file is an error. What a crash
 * leaves (keys without certificates, a root without an issuing CA) is taken up when it is of `type`. `now` is in
 * seconds since 1970. Returns CA_DONE, or CA_REFUSED or CA_NOT_WRITTEN with a sentence and the mend in `error`. */
int ca_create(const struct ca_options *options, enum key_type type, int64_t now, char *error, size_t error_size);

/* Whether the first certificate in `pem` is one for this key. False also when there is no certificate. Thread-safe. */
bool certificate_is_for(const char *pem, size_t length, const struct key *key);

/* Opens the authority: reads the certificates and the keys of the issuing CAs, checks that they belong together, that
 * the first certificate is a CA's, and that no one but the owner can read a key. The key of the first one must be
 * there; those of the others may be missing, and a root's own file is never opened. NULL with a sentence and the mend
 * in `error`. The caller calls ca_free. */
struct ca *ca_new(const struct ca_options *options, char *error, size_t error_size);
void ca_free(struct ca *ca);

/* The authority's own validity. */
struct validity ca_validity(const struct ca *ca);

/* All certificates of the authority's file: the issuing CAs and every trusted root, PEM, NUL-terminated; lives as long
 * as `ca`. */
const char *ca_bundle(const struct ca *ca);

/* csr_read (csr.h) with the same answers; a request as nearly all devices send it (P-256, no attributes) costs hardly
 * more than verifying its signature. */
enum status ca_read_request(struct ca *ca, const char *pem, size_t length, struct public_key *out, struct why *why);

/* What goes behind a certificate of ours in the file of a TLS server or client, so that whoever knows the root alone
 * can verify it: the issuing CA; "" under an authority that is its own root. PEM, lives as long as `ca`. */
const char *ca_chain(const struct ca *ca);

/* One certificate of the authority. */
struct ca_issuer {
    struct validity validity;
    bool current; /* issues at present */
    bool root;    /* self-signed; an authority without a root is current and root */
    bool has_key; /* its key is here: it can sign lists. Always false for a root with files of its own */
    unsigned char fingerprint[32]; /* SHA-256 over the DER */
    char id[CA_ISSUER_ID + 1];     /* "" when its subject key identifier has not 20 octets: a foreign root's */
    char subject[128];             /* as in RFC 4514, cut when it is longer */
};

/* The certificates in the order of the file, at most `most`; returns how many there are. */
size_t ca_issuers(const struct ca *ca, struct ca_issuer *out, size_t most);

/* The id of the issuer that signs at present; lives as long as `ca`. */
const char *ca_issuer_id(const struct ca *ca);

/* Writes 20 octets of a key identifier as an issuer's id. Pure. */
void ca_issuer_id_write(const unsigned char identifier[CA_ISSUER_ID / 2], char out[CA_ISSUER_ID + 1]);

/* Signs a device's certificate and lints it (lint.h) before it is given out. ST_OK, or ST_INTERNAL with
 * `why->detail`.
 * Every rule of the lint holds for every certificate, save that under an authority on P-256 the signature of a device
 * on P-256 is verified only for the first 16 and one in 64 of the rest; after a finding, counting begins anew.
 * Verifying takes three times as long as signing, and all else here takes less than signing does. What the lint does
 * see of each signature: that it is well-formed, and that the octets that were signed are those that are given out. So
 * a mistake of ours is found in the first certificate, a damaged key in the 64th at the latest, and only a fault of the
 * machine in one signature can slip through: the device's next login fails, and it enrols again (docs/decisions/0009).
 */
enum status ca_issue_device(struct ca *ca, const struct certificate_request *request, struct certificate *out,
                            struct why *why);

/* Signs a TLS server's certificate for `names` (DNS names or IP addresses as text, at least one). The same errors. */
enum status ca_issue_server(struct ca *ca, const struct public_key *key, const char *const names[], size_t count,
                            const unsigned char serial[PROFILE_SERIAL], struct validity validity,
                            struct certificate *out, struct why *why);

/* Signs the same server's certificate anew: for the public key, the names and the CN of the first certificate in
 * `old_pem`, by the current issuer. The same errors, also when there is no certificate of a server in it. */
enum status ca_reissue_server(struct ca *ca, const char *old_pem, size_t length,
                              const unsigned char serial[PROFILE_SERIAL], struct validity validity,
                              struct certificate *out, struct why *why);

/* The same for the service's own certificate. */
enum status ca_reissue_service(struct ca *ca, const char *old_pem, size_t length,
                               const unsigned char serial[PROFILE_SERIAL], struct validity validity,
                               struct certificate *out, struct why *why);

/* Signs the service's own certificate, with which it goes to a listener that wants one: a TLS client's, that names no
 * device. The same errors. */
enum status ca_issue_service(struct ca *ca, const struct public_key *key, const unsigned char serial[PROFILE_SERIAL],
                             struct validity validity, struct certificate *out, struct why *why);

#endif
