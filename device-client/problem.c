#include "device-client/problem.h"

#include <stdarg.h>
#include <stdio.h>

enum muster_device_result problem_set(struct problem *problem, enum muster_device_result result, const char *mend,
                                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(problem->what, sizeof problem->what, format, arguments);
    va_end(arguments);
    snprintf(problem->mend, sizeof problem->mend, "%s", mend != NULL ? mend : "");
    problem->result = result;
    return result;
}
