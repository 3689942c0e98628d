// SPDX-License-Identifier: Apache-2.0
//
// A narrow face over libedit. The caller reads and decodes the keyboard itself (`read`), and turns
// every key that is not plain editing into one reserved key, which runs `act`. So libedit edits the
// line, and everything that has a meaning stays with the caller, who draws it as well.
//
// Text crosses this border as UTF-32, which is what wchar_t holds on this platform. An editor
// belongs to one thread. Nothing here is global except the pipe that reports window changes and the
// state in which the terminal was found, because signals are a property of the process.

#ifndef CEDIT_H
#define CEDIT_H

#include <stdint.h>

/// One line editor; create it with `cedit_open` and end it with `cedit_close`.
typedef struct cedit cedit;

/// What an action has done, for libedit's own picture of the screen.
enum {
  CEDIT_NOTHING = 0,   ///< The line did not change.
  CEDIT_REFRESH = 1,   ///< The line has changed.
  CEDIT_REDISPLAY = 2, ///< The window has changed.
  CEDIT_BEEP = 3       ///< Refuse the key.
};

/// The key that runs `act`: Ctrl-].
enum { CEDIT_ACTION_KEY = 0x1d };

/// The caller's half of the editor.
typedef struct {
  void *context;
  /// Stores the next character and returns 1, or returns 0 at end of input and -1 on an error.
  int (*read)(void *context, int32_t *character);
  /// Carries out the key that `read` has turned into CEDIT_ACTION_KEY.
  int (*act)(void *context);
} cedit_callbacks;

/// The version of libedit whose interface this was built with.
const char *cedit_version(void);

/// Opens an editor on the three descriptors, which stay the caller's. NULL when that fails.
cedit *cedit_open(const char *program, int input, int output, int error, cedit_callbacks callbacks);

/// Restores the terminal and frees the editor.
void cedit_close(cedit *editor);

/// Gives the terminal back as the open editor found it, from a signal handler too: for a process
/// that ends at once. Does nothing when no editor is open.
void cedit_restore(void);

/// Edits one line and returns it with its length in `count`; NULL at end of input.
/// The text is not terminated and stays valid until the next call.
const int32_t *cedit_get_line(cedit *editor, int *count);

/// The buffer being edited, its length, and the cursor as an index into it.
const int32_t *cedit_buffer(cedit *editor, int *count, int *cursor);

/// Replaces the buffer and moves the cursor. Returns 0, or -1 when there is no memory.
int cedit_replace(cedit *editor, const int32_t *text, int count, int cursor);

/// Inserts at the cursor. Returns 0, or -1 when there is no memory.
int cedit_insert(cedit *editor, const int32_t *text, int count);

/// Moves the cursor to an index, clamped to the buffer.
void cedit_move_cursor(cedit *editor, int cursor);

/// Tells the editor that the window has another size.
void cedit_resize(cedit *editor);

/// Gives the terminal back (0) or takes it (1), around a suspension.
void cedit_prepare_terminal(cedit *editor, int raw);

/// Starts reporting window changes; returns the descriptor that becomes readable, or -1.
int cedit_watch_window(void);

#endif
