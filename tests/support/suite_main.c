/* suite_main.c - the one main of every test program: runs its suite, and fails when nothing ran.
 *
 * Check's own variables hold: CK_FORK=no for a debugger, CK_VERBOSITY, CK_RUN_CASE, CK_DEFAULT_TIMEOUT.
 */
#include <stdio.h>

#include "tests/support/suite.h"

int main(void)
{
    SRunner *runner = srunner_create(tl_test_suite());
    int run_count, failed_count;

    setvbuf(stdout, NULL, _IOLBF, 0); /* so that a forked case inherits no half-written line */
    srunner_run_all(runner, CK_ENV);
    run_count = srunner_ntests_run(runner);
    failed_count = srunner_ntests_failed(runner);
    srunner_free(runner);
    if (run_count == 0) {
        printf("failed: the suite ran no case\n");
        return 1;
    }
    return failed_count > 0;
}
