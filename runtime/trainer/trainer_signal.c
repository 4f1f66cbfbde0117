// Trainer signals. The flag is the only writable global of the runtime, because a signal handler has no argument to
// write to. The handler resets itself, so the second signal has its default effect.
#include "runtime/trainer/trainer_signal.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <lorac/lrt_trainer.h>
#include "runtime/trainer/trainer_memory.h"

static volatile sig_atomic_t caught;

static void on_signal(int number) {
    (void)number;
    caught = 1;
}

static void say(const char *text) {
    if (write(STDERR_FILENO, text, strlen(text)) < 0) return; // there is nobody else to tell
}

// A page of a mapped file that is not in the file any more: it became shorter, or its disk failed. Nothing can be saved
// from here.
static void on_lost_page(int number, siginfo_t *what, void *context) {
    char name[256];
    (void)number, (void)context;
    lrt_trainer_memory_name(what->si_addr, name, sizeof name);
    say("\nerror: ");
    say(name[0] ? name : "a mapped file");
    say(" cannot be read any more: it was changed or became shorter while it was in use, or its disk failed; the last "
        "checkpoint stays\n");
    _exit(LRT_EXIT_INPUT);
}

static void handle(int number, void (*handler)(int), int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void lrt_trainer_signal_files(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_lost_page;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
    handle(SIGPIPE, SIG_IGN, 0);
    handle(SIGXFSZ, SIG_IGN, 0); // the write fails, and is told
}

void lrt_trainer_signal_watch(void) {
    struct sigaction before;
    caught = 0;
    handle(SIGINT, on_signal, SA_RESTART | (int)SA_RESETHAND);
    handle(SIGTERM, on_signal, SA_RESTART | (int)SA_RESETHAND);
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) // nohup ignores it
        handle(SIGHUP, on_signal, SA_RESTART | (int)SA_RESETHAND);
}

bool lrt_trainer_signal_caught(void) { return caught != 0; }
