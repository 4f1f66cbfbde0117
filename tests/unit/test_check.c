// Fatal errors: a broken invariant or a lack of memory ends the process with exit 70 and a message, in release builds
// too.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiler/base/check.h"
#include "compiler/base/memory.h"
#include "compiler/model/model.h"

// Runs `end` in a child process; returns its stderr and its exit code.
static int run(void (*end)(void), char text[512]) {
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    fflush(stdout); // else the child would also print the output buffered here
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        end();
        _exit(0);
    }
    close(ends[1]);
    size_t n = 0;
    for (ssize_t got; n < 511 && (got = read(ends[0], text + n, 511 - n)) > 0;) n += (size_t)got;
    text[n] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void hold(void) {
    int three = 3;
    CHECK(three == 3, "three is %d", three);
    INVARIANT(three == 3);
}
static void break_invariant(void) {
    int three = 3;
    INVARIANT(three == 4);
}
static void ask_for_an_option(void) {
    const struct model_train train = {.present = true};
    (void)model_optimizer_option(&train, "betas", 0);
}
static void ask_for_memory(void) { (void)allocate(SIZE_MAX / 2, 8); }
static void ask_for_more(void) { (void)reallocate(NULL, SIZE_MAX / 2, 8); }

static void a_check_that_holds_does_nothing(void **state) {
    (void)state;
    char text[512];
    assert_int_equal(run(hold, text), 0);
    assert_string_equal(text, "");
}

static void a_broken_invariant_ends_the_process_and_says_which(void **state) {
    (void)state;
    char text[512];
    assert_int_equal(run(break_invariant, text), 70);
    assert_non_null(strstr(text, "lorac: internal error: break_invariant: three == 4 does not hold ("));
    assert_int_equal(run(ask_for_an_option, text), 70);
    assert_non_null(strstr(text, "lorac: internal error: option betas of the optimizer is not filled in ("));
}

static void a_lack_of_memory_ends_the_process(void **state) {
    (void)state;
    char text[512];
    assert_int_equal(run(ask_for_memory, text), 70);
    assert_non_null(strstr(text, "lorac: error: out of memory"));
    assert_int_equal(run(ask_for_more, text), 70);
    assert_non_null(strstr(text, "lorac: error: out of memory"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_check_that_holds_does_nothing),
        cmocka_unit_test(a_broken_invariant_ends_the_process_and_says_which),
        cmocka_unit_test(a_lack_of_memory_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
