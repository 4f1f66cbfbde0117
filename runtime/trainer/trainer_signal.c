// Trainer signals. The flag is the only writable global of the runtime, because a signal handler has no argument to
// write to. The handler resets itself, so the second signal has its default effect.
#include "runtime/trainer/trainer_signal.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t caught;

static void on_signal(int number) {
    (void)number;
    caught = 1;
}

void lrt_trainer_signal_watch(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART | (int)SA_RESETHAND;
    sigemptyset(&action.sa_mask);
    caught = 0;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

bool lrt_trainer_signal_caught(void) { return caught != 0; }
