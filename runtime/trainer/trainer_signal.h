// Trainer signals: ctrl-c asks for an end after the step; a second one ends the process at once.
#pragma once
#include <stdbool.h>

void lrt_trainer_signal_watch(void);  // SIGINT and SIGTERM, and no death by SIGPIPE
bool lrt_trainer_signal_caught(void); // one of them has come
