/* Where the root is: signs the request of an issuing CA. Needs no broker, no service and no folder. */
#include "certs/ca_rotate.h"
#include "certs/csr.h"
#include "service/ctl/out.h"
#include "service/ctl/paste.h"
#include "service/ctl/pem_file.h"
#include "service/io/clock.h"
#include "topics/json_write.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define ORGANIZATION "Muster" /* as musterctl init has it */

/* The root's key is in this process: no core dump, no debugger of the same user, no files for others. */
static void harden(void)
{
    const struct rlimit none = {0, 0};
    umask(0077);
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
}

static const char mend_request[] = "give the request that musterctl ca rotate wrote, and organization and country as "
                                   "it printed them";
static const char mend_root[] = "give --root and --root-key of one root, files for their owner alone, and the "
                                "--passphrase-file of a key that is encrypted; nothing was written";

static enum ctl_exit check(const struct args *args)
{
    static const enum option needed[] = {OPT_ROOT, OPT_ROOT_KEY, OPT_CSR, OPT_OUT};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (args_value(args, needed[i]) == NULL)
            return out_error(
                CTL_USAGE, NULL,
                "musterctl ca sign --root root.pem --root-key root.key --csr ca-next.csr --out ca-next.pem",
                "ca sign needs --%s", option_name(needed[i]));
    return CTL_DONE;
}

static enum ctl_exit tell(const struct args *args, const char *file)
{
    char text[2 * PASTE_WORD], word[PASTE_WORD];
    struct json_writer json;
    if (strcmp(file, "-") == 0) /* the certificate itself is on stdout */
        return out_done();
    if (args_has(args, OPT_JSON)) {
        json_start(&json, text, sizeof text);
        json_open(&json, NULL, '{');
        json_text(&json, "schema", "muster.ca.sign/1");
        json_text(&json, "certificateFile", file);
        json_close(&json, '}');
        puts(text);
        return out_done();
    }
    snprintf(text, sizeof text, "musterctl ca rotate --certificate %s --yes", paste_word(file, word));
    out_pairs((const struct out_pair[]){{"signed", file}, {"next, where the service is", text}}, 2);
    return out_done();
}

enum ctl_exit cmd_ca_sign(const struct args *args)
{
    char csr[CSR_PEM_MAX], pem[CERTIFICATE_PEM_MAX], error[800];
    size_t length = 0;
    const char *organization = args_value(args, OPT_ORGANIZATION), *out = args_value(args, OPT_OUT);
    const struct ca_options options = {.root_certificate_file = args_value(args, OPT_ROOT),
                                       .root_key_file = args_value(args, OPT_ROOT_KEY),
                                       .passphrase_file = args_value(args, OPT_PASSPHRASE_FILE),
                                       .organization = organization != NULL ? organization : ORGANIZATION,
                                       .country = args_value(args, OPT_COUNTRY)};
    harden();
    enum ctl_exit end = check(args);
    if (end == CTL_DONE)
        end = pem_file_read(args_value(args, OPT_CSR), csr, sizeof csr, &length);
    if (end != CTL_DONE)
        return end;
    int signed_as =
        ca_sign_issuer(&options, csr, length, clock_now().wall / 1000, pem, sizeof pem, error, sizeof error);
    if (signed_as != CA_DONE)
        return out_error(CTL_FAILED, NULL, signed_as == CA_UNFIT ? mend_request : mend_root, "%s", error);
    end = pem_file_write(out, pem);
    return end == CTL_DONE ? tell(args, out) : end;
}
