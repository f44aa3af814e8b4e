#include "service/ctl/outcome.h"

#include "service/ctl/answer.h"
#include "service/ctl/out.h"
#include "topics/json_write.h"

#include <string.h>

#define CELL      1536
#define ROWS_MOST 7 /* besides one for each certificate */

static void say_sessions(const struct outcome *outcome, char out[CELL])
{
    const struct revocation *is = &outcome->revocation;
    if (is->checked)
        snprintf(out, CELL, "%lld closed, %lld open%s", is->closed, is->open,
                 is->open > 0 ? ", by another credential of the device" : "");
    else
        snprintf(out, CELL, outcome->gated ? "not known: the gate has not answered" : "not known: no gate");
}

static void say_list(const struct outcome *outcome, char out[CELL])
{
    const struct revocation *is = &outcome->revocation;
    const char *read = !outcome->gated ? "no gate makes the broker read it"
                       : is->in_force  ? "the broker has read it"
                                       : "the broker has not read it";
    if (is->listed)
        snprintf(out, CELL, "number %lld names it, %s", is->number, read);
    else
        snprintf(out, CELL, "number %lld does not name it", is->number);
}

/* By what else the device may come in; what to do against it. */
static void say_device(const struct outcome *outcome, char out[CELL])
{
    const struct value *device = outcome->device;
    const char *uuid = answer_text(outcome->answer, "uuid"), *state = answer_text(device, "state");
    if (device == NULL)
        snprintf(out, CELL, "not known");
    else if (strcmp(state, "registered") == 0)
        snprintf(out, CELL,
                 "its API key still works, also one that it got by this certificate: musterctl device block %s%s keeps "
                 "it out",
                 uuid, outcome->directory);
    else if (strcmp(state, "provisioned") == 0)
        snprintf(out, CELL, "another certificate of it still works: musterctl device block %s%s keeps it out", uuid,
                 outcome->directory);
    else
        snprintf(out, CELL, "it is %s", state);
}

/* As the service says. */
static bool is_held(const struct outcome *outcome)
{
    bool held = false;
    return value_is_bool(value_member(outcome->answer, "held"), &held) && held;
}

static void say_hardware(const struct outcome *outcome, char out[CELL])
{
    if (is_held(outcome))
        snprintf(out, CELL,
                 "held: does not enrol again with the same provisioning key; musterctl device release %s%s lets it",
                 answer_text(outcome->answer, "uuid"), outcome->directory);
    else
        snprintf(out, CELL, "not held: may enrol again with the same provisioning key");
}

void outcome_print(const struct outcome *outcome)
{
    char revoked[CELL], more[CELL], credential[CELL], sessions[CELL], list[CELL], device[CELL], hardware[CELL];
    struct out_pair pairs[OUTCOME_IDS + ROWS_MOST];
    size_t count = 0;
    const char *why = outcome->revocation.refused;
    snprintf(revoked, CELL, "%s of device %s: %s", outcome->ids[0], answer_text(outcome->answer, "uuid"),
             answer_text(outcome->answer, "reason"));
    snprintf(credential, CELL, "%s%s", why[0] != '\0' ? "refused: " : "not refused", why);
    say_sessions(outcome, sessions);
    say_list(outcome, list);
    say_device(outcome, device);
    say_hardware(outcome, hardware);
    pairs[count++] = (struct out_pair){"revoked", revoked};
    for (size_t i = 1; i < outcome->count; i++)
        pairs[count++] = (struct out_pair){"", outcome->ids[i]};
    if (outcome->more > 0) {
        snprintf(more, CELL, "and %lld more: musterctl certificate list --device %s%s", outcome->more,
                 answer_text(outcome->answer, "uuid"), outcome->directory);
        pairs[count++] = (struct out_pair){"", more};
    }
    pairs[count++] = (struct out_pair){"credential", credential};
    pairs[count++] = (struct out_pair){"sessions", sessions};
    pairs[count++] = (struct out_pair){"list", list};
    pairs[count++] = (struct out_pair){"device", device};
    pairs[count++] = (struct out_pair){"hardware", hardware};
    out_pairs(pairs, count);
}

static void write_found(const struct outcome *outcome, struct json_writer *json)
{
    const struct revocation *is = &outcome->revocation;
    json_text(json, "credential", is->refused[0] != '\0' ? is->refused : NULL);
    if (is->checked) {
        json_open(json, "sessions", '{');
        json_int(json, "closed", is->closed);
        json_int(json, "open", is->open);
        json_close(json, '}');
    } else {
        json_raw(json, "sessions", NULL);
    }
    json_open(json, "crl", '{');
    json_int(json, "number", is->number);
    json_bool(json, "listed", is->listed);
    json_bool(json, "inForce", is->in_force);
    json_close(json, '}');
    json_text(json, "deviceState", value_text(value_member(outcome->device, "state")));
    json_bool(json, "verified", outcome->holds);
}

void outcome_print_json(const struct outcome *outcome)
{
    char text[128 * 1024], member[CELL];
    struct json_writer json;
    json_start(&json, text, sizeof text);
    json_open(&json, NULL, '{');
    json_text(&json, "schema", "muster.certificate.revoke/1");
    for (const struct value *at = value_first(outcome->answer); at != NULL; at = value_next(at))
        if (!value_is_array(at) && out_value(at, member, sizeof member))
            json_raw(&json, value_name(at), member);
    json_open(&json, "revoked", '[');
    for (size_t i = 0; i < outcome->count; i++)
        json_text(&json, NULL, outcome->ids[i]);
    json_close(&json, ']');
    write_found(outcome, &json);
    json_close(&json, '}');
    puts(text);
}
