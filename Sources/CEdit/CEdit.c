// SPDX-License-Identifier: Apache-2.0
//
// See CEdit.h for the idea. Notes on libedit that shaped this file: it keeps the name and help
// pointers of an added function (ours are literals); with EL_SIGNAL on it sends signals on to the
// whole process group (we leave it off); and the returned line may lack its terminator.

#define _GNU_SOURCE
#include "CEdit.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <locale.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

_Static_assert(sizeof(wchar_t) == sizeof(int32_t), "wchar_t must hold UTF-32");

struct cedit {
  EditLine *line;
  FILE *streams[3];
  cedit_callbacks callbacks;
};

#define TEXT_OF(number) #number
#define VERSION(major, minor) TEXT_OF(major) "." TEXT_OF(minor)

const char *cedit_version(void) { return VERSION(LIBEDIT_MAJOR, LIBEDIT_MINOR); }

static cedit *owner(EditLine *line) {
  void *data = NULL;
  el_wget(line, EL_CLIENTDATA, &data);
  return data;
}

static wchar_t *no_prompt(EditLine *line) {
  (void)line;
  static wchar_t empty[1] = {0};
  return empty;
}

static int read_key(EditLine *line, wchar_t *character) {
  cedit *editor = owner(line);
  int32_t value = 0;
  int status = editor->callbacks.read(editor->callbacks.context, &value);
  *character = (wchar_t)value;
  return status;
}

static unsigned char run_action(EditLine *line, int key) {
  (void)key;
  cedit *editor = owner(line);
  switch (editor->callbacks.act(editor->callbacks.context)) {
    case CEDIT_REFRESH: return CC_REFRESH;
    case CEDIT_REDISPLAY: return CC_REDISPLAY;
    case CEDIT_BEEP: return CC_REFRESH_BEEP;
    default: return CC_NORM;
  }
}

/// libedit draws through the locale, so characters need a UTF-8 one; numbers keep theirs.
static void use_unicode(void) {
  setlocale(LC_CTYPE, "");
  if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");
}

static FILE *stream_on(int descriptor, const char *mode) {
  int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) return NULL;
  FILE *stream = fdopen(copy, mode);
  if (!stream) close(copy);
  return stream;
}

/// How the terminal was before it was edited on, for `cedit_restore`, which a signal handler may
/// call.
static struct {
  volatile sig_atomic_t known;
  int input, output;
  struct termios attributes;
} terminal;

void cedit_restore(void) {
  static const char paste_marks_off[] = "\033[?2004l";
  if (!terminal.known) return;
  // Changing a terminal from the background would stop the process.
  sigset_t quiet, before;
  sigemptyset(&quiet);
  sigaddset(&quiet, SIGTTOU);
  sigprocmask(SIG_BLOCK, &quiet, &before);
  tcsetattr(terminal.input, TCSANOW, &terminal.attributes);
  // A terminal that is paused or full would keep the process from ending.
  struct pollfd room = {.fd = terminal.output, .events = POLLOUT};
  if (poll(&room, 1, 0) == 1) {
    ssize_t ignored = write(terminal.output, paste_marks_off, sizeof paste_marks_off - 1);
    (void)ignored;
  }
  sigprocmask(SIG_SETMASK, &before, NULL);
}

cedit *cedit_open(const char *program, int input, int output, int error,
                  cedit_callbacks callbacks) {
  cedit *editor = calloc(1, sizeof *editor);
  if (!editor) return NULL;
  editor->callbacks = callbacks;
  editor->streams[0] = stream_on(input, "r");
  // What libedit draws is not wanted, but it asks whether the descriptor is a terminal.
  editor->streams[1] = fopen("/dev/null", "we");
  editor->streams[2] = stream_on(error, "w");
  use_unicode();
  if (editor->streams[0] && editor->streams[1] && editor->streams[2]) {
    editor->line =
        el_init_fd(program, editor->streams[0], editor->streams[1], editor->streams[2],
                   fileno(editor->streams[0]), output, fileno(editor->streams[2]));
  }
  if (!editor->line) {
    cedit_close(editor);
    return NULL;
  }
  EditLine *line = editor->line;
  terminal.known = 0;
  terminal.input = input;
  terminal.output = output;
  if (tcgetattr(input, &terminal.attributes) == 0) terminal.known = 1;
  el_wset(line, EL_CLIENTDATA, editor);
  el_wset(line, EL_SIGNAL, 0);
  el_wset(line, EL_EDITOR, L"emacs");
  el_wset(line, EL_PROMPT, no_prompt);
  el_wset(line, EL_GETCFN, read_key);
  el_wset(line, EL_ADDFN, L"smap-act", L"carries out a decoded key", run_action);
  el_wset(line, EL_BIND, L"^]", L"smap-act", NULL);
  el_wset(line, EL_SETTY, L"-d", L"-isig", NULL);
  return editor;
}

void cedit_close(cedit *editor) {
  if (!editor) return;
  terminal.known = 0;
  if (editor->line) el_end(editor->line);
  for (int i = 0; i < 3; i++) {
    if (editor->streams[i]) fclose(editor->streams[i]);
  }
  free(editor);
}

/// A terminated copy of `count` characters, or NULL.
static wchar_t *terminated(const int32_t *text, int count) {
  if (count < 0) return NULL;
  wchar_t *copy = malloc(((size_t)count + 1) * sizeof(wchar_t));
  if (!copy) return NULL;
  if (count > 0) memcpy(copy, text, (size_t)count * sizeof(wchar_t));
  copy[count] = 0;
  return copy;
}

const int32_t *cedit_get_line(cedit *editor, int *count) {
  *count = 0;
  const wchar_t *line = el_wgets(editor->line, count);
  return *count > 0 ? (const int32_t *)line : NULL;
}

const int32_t *cedit_buffer(cedit *editor, int *count, int *cursor) {
  const LineInfoW *info = el_wline(editor->line);
  *count = (int)(info->lastchar - info->buffer);
  *cursor = (int)(info->cursor - info->buffer);
  return (const int32_t *)info->buffer;
}

void cedit_move_cursor(cedit *editor, int cursor) {
  const LineInfoW *info = el_wline(editor->line);
  el_cursor(editor->line, cursor - (int)(info->cursor - info->buffer));
}

int cedit_replace(cedit *editor, const int32_t *text, int count, int cursor) {
  const LineInfoW *info = el_wline(editor->line);
  el_cursor(editor->line, (int)(info->lastchar - info->cursor));
  el_wdeletestr(editor->line, (int)(info->lastchar - info->buffer));
  if (cedit_insert(editor, text, count) != 0) return -1;
  cedit_move_cursor(editor, cursor);
  return 0;
}

int cedit_insert(cedit *editor, const int32_t *text, int count) {
  if (count == 0) return 0;
  wchar_t *copy = terminated(text, count);
  if (!copy) return -1;
  int status = el_winsertstr(editor->line, copy);
  free(copy);
  return status == 0 ? 0 : -1;
}

void cedit_resize(cedit *editor) { el_resize(editor->line); }

void cedit_prepare_terminal(cedit *editor, int raw) { el_wset(editor->line, EL_PREP_TERM, raw); }

static int window_pipe[2] = {-1, -1};

static void on_window_change(int signal) {
  (void)signal;
  int saved = errno;
  ssize_t ignored = write(window_pipe[1], "w", 1);
  (void)ignored;
  errno = saved;
}

int cedit_watch_window(void) {
  if (window_pipe[0] < 0 && pipe2(window_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
  struct sigaction action = {.sa_handler = on_window_change, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  return sigaction(SIGWINCH, &action, NULL) == 0 ? window_pipe[0] : -1;
}
