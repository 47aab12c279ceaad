/*
 * ffprobe runs as whoever imports, on a file that may have come from anywhere: without a shell, with that file as its
 * standard input and no other name, without protocols that lead out of the machine, and not for ever.
 */
#include "apps/media/probe.h"
#include "apps/cli/clock.h"
#include "apps/cli/printable.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ANSWER_MAX = 65536,
    PATIENCE_MS = 20000,
    SURE = 50, /* of 100: what is less may be noise that looks like a frame */
    LONGEST = 30 * 86400
};

extern char **environ;

static const char *title_in(const json_t *of)
{
    const json_t *tags = json_object_get(of, "tags");
    const char *title = json_string_value(json_object_get(tags, "title"));
    return title ? title : json_string_value(json_object_get(tags, "TITLE"));
}

void probe_read(const char *text, struct probe *out)
{
    json_t *answer = json_loads(text, 0, NULL), *format = json_object_get(answer, "format"), *stream;
    const char *lasts = json_string_value(json_object_get(format, "duration")), *title = title_in(format);
    double seconds = lasts ? strtod(lasts, NULL) : 0;
    size_t i;
    *out = (struct probe){0};
    if (json_integer_value(json_object_get(format, "probe_score")) < SURE) {
        json_decref(answer);
        return;
    }
    if (seconds > 0 && seconds < LONGEST)
        out->length = (int64_t)(seconds * 1000 + 0.5);
    json_array_foreach(json_object_get(answer, "streams"), i, stream) /* Ogg has it there */
        title = title ? title : title_in(stream);
    if (title && strlen(title) < sizeof out->title)
        snprintf(out->title, sizeof out->title, "%s", title);
    make_printable(out->title);
    json_decref(answer);
}

/* Its standard input, output and everything else; false: there is none. */
static bool spawn(int fd, int to, pid_t *pid)
{
    /* by its name in the file system a file can be read from any place, as its end or its index wants */
    static char *const argv[] = {"ffprobe",
                                 "-v",
                                 "quiet",
                                 "-protocol_whitelist",
                                 "file",
                                 "-show_entries",
                                 "format=duration,probe_score:format_tags=title:stream_tags=title",
                                 "-of",
                                 "json",
                                 "-i",
                                 "file:/dev/stdin",
                                 NULL};
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions))
        return false;
    bool ready = posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO) == 0 &&
                 posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO) == 0 &&
                 posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) == 0 &&
                 posix_spawnp(pid, argv[0], &actions, NULL, argv, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    return ready;
}

/* All it prints, NUL behind it; false: too much, or too late. */
static bool hear(int fd, char *text, size_t cap)
{
    int64_t end = clock_now() + PATIENCE_MS;
    for (size_t n = 0; n < cap;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int64_t left = end - clock_now();
        int some = left > 0 ? poll(&wait, 1, (int)left) : 0;
        if (some == 0)
            return false;
        ssize_t got = some > 0 ? read(fd, text + n, cap - n) : -1;
        if (got < 0 && errno != EINTR)
            return false;
        if (got == 0) {
            text[n] = 0;
            return true;
        }
        n += got > 0 ? (size_t)got : 0;
    }
    return false;
}

void probe_track(int fd, struct probe *out)
{
    char *text = malloc(ANSWER_MAX);
    int pipe_of[2], status;
    pid_t pid;
    *out = (struct probe){0};
    if (!text || pipe2(pipe_of, O_CLOEXEC)) {
        free(text);
        return;
    }
    bool runs = spawn(fd, pipe_of[1], &pid);
    close(pipe_of[1]);
    bool answered = runs && hear(pipe_of[0], text, ANSWER_MAX);
    close(pipe_of[0]);
    if (runs && !answered)
        kill(pid, SIGKILL);
    while (runs && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    (void)lseek(fd, 0, SEEK_SET); /* it may have read from there */
    if (answered)
        probe_read(text, out);
    free(text);
}
