// Trainer log: one JSON object a line, written as it happens, without stdio's buffer and without allocation.
#include "runtime/trainer/trainer_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "runtime/trainer/trainer_line.h"

// Follows the bytes of a log: `step` is the number in the first digits of a line, which every line begins with.
struct log_scan {
    off_t line; // where the current line begins
    off_t at;
    int64_t step;
    bool in_number, number_done;
};

// True: the line that begins at s->line belongs to a step after `resumed`.
static bool scan_byte(struct log_scan *s, char byte, int64_t resumed) {
    s->at++;
    if (byte == '\n') {
        *s = (struct log_scan){.line = s->at, .at = s->at};
        return false;
    }
    if (!s->number_done && byte >= '0' && byte <= '9') {
        s->in_number = true;
        if (s->step <= resumed) s->step = s->step * 10 + (byte - '0');
    } else if (s->in_number) {
        s->number_done = true;
    }
    return s->number_done && s->step > resumed;
}

// Where the lines of steps after `resumed` begin, or an unfinished last line does.
static off_t log_end(int file, int64_t resumed) {
    struct log_scan s = {.line = 0};
    char buffer[4096];
    for (ssize_t n; (n = read(file, buffer, sizeof buffer)) > 0;)
        for (ssize_t i = 0; i < n; i++)
            if (scan_byte(&s, buffer[i], resumed)) return s.line;
    return s.line;
}

bool lrt_trainer_log_open(struct trainer_log *log, const char *path, int64_t resumed) {
    log->file = -1;
    if (!path) return true;
    log->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND | (resumed < 0 ? O_TRUNC : 0), 0666);
    if (log->file < 0) return false;
    struct stat status;
    if (resumed < 0 || fstat(log->file, &status) != 0 || !S_ISREG(status.st_mode)) return true; // a pipe has no past
    return ftruncate(log->file, log_end(log->file, resumed)) == 0;
}

bool lrt_trainer_log_step(struct trainer_log *log, int64_t step, const struct lrt_step *done, double ms,
                          struct trainer_memory memory) {
    struct trainer_line l = {.length = 0};
    if (log->file < 0) return true;
    lrt_line_text(&l, "{\"step\":");
    lrt_line_integer(&l, step);
    lrt_line_text(&l, ",\"loss\":");
    lrt_line_exact(&l, done->loss);
    lrt_line_text(&l, ",\"lr\":");
    lrt_line_exact(&l, done->learning_rate);
    lrt_line_text(&l, ",\"grad_norm\":");
    lrt_line_exact(&l, done->grad_norm);
    lrt_line_text(&l, ",\"tokens\":");
    lrt_line_integer(&l, done->counted);
    lrt_line_text(&l, ",\"ms\":");
    lrt_line_digits(&l, ms, 3);
    lrt_line_text(&l, ",\"rss_anon\":");
    lrt_line_integer(&l, (int64_t)memory.anonymous);
    lrt_line_text(&l, ",\"rss_file\":");
    lrt_line_integer(&l, (int64_t)memory.file);
    lrt_line_text(&l, "}\n");
    return lrt_line_write(&l, log->file);
}

bool lrt_trainer_log_evaluation(struct trainer_log *log, int64_t step, double mean_loss, int64_t tokens) {
    struct trainer_line l = {.length = 0};
    if (log->file < 0) return true;
    lrt_line_text(&l, "{\"step\":");
    lrt_line_integer(&l, step);
    lrt_line_text(&l, ",\"eval_loss\":");
    lrt_line_exact(&l, mean_loss);
    lrt_line_text(&l, ",\"eval_tokens\":");
    lrt_line_integer(&l, tokens);
    lrt_line_text(&l, "}\n");
    return lrt_line_write(&l, log->file);
}

bool lrt_trainer_log_close(struct trainer_log *log) {
    int file = log->file;
    log->file = -1;
    return file < 0 || close(file) == 0;
}
