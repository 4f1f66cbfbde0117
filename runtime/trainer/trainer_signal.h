// Trainer signals: ctrl-c asks for an end after the step; a second one ends the process at once.
#pragma once
#include <stdbool.h>

// Before any file is open: a mapped file that becomes shorter ends the process with a message that names it; no death
// by SIGPIPE or SIGXFSZ.
void lrt_trainer_signal_files(void);
void lrt_trainer_signal_watch(void);  // SIGINT, SIGTERM and, unless it is ignored, SIGHUP
bool lrt_trainer_signal_caught(void); // one of them has come
