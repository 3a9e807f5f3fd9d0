/* tool_output.h - runs tl-train as a person does and takes what it says and how it ends. */
#ifndef TL_TESTS_TOOL_OUTPUT_H
#define TL_TESTS_TOOL_OUTPUT_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "tests/support/suite.h"

enum { OUTPUT_LIMIT_BYTES = 1 << 20 };

/* The tool of the same build as this program, or NULL after printing that there is none. */
static inline const char *find_tool(void)
{
    static char path[PATH_MAX];
    char self[PATH_MAX / 2];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

    ck_assert_int_gt(length, 0);
    self[length] = '\0';
    for (int i = 0; i < 3; i++) {
        char *slash = strrchr(self, '/');
        ck_assert_ptr_nonnull(slash);
        *slash = '\0';
    }
    snprintf(path, sizeof path, "%s/bin/tl-train", self);
    if (access(path, X_OK) == 0)
        return path;
    printf("skipped: there is no %s\n", path);
    return NULL;
}

struct output {
    char *out, *err;
    int exit_code;
};

static inline char *read_text(const char *path)
{
    char *text = tl_memory_alloc(OUTPUT_LIMIT_BYTES + 1, 1);
    FILE *file = fopen(path, "rb");

    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, OUTPUT_LIMIT_BYTES, file)] = '\0';
    fclose(file);
    return text;
}

/* Runs the tool in `folder`; `arguments` are a shell's. */
static inline struct output run_tool(const char *tool, const char *folder, const char *arguments)
{
    char command[2 * PATH_MAX];
    struct output output;
    int status;

    snprintf(command, sizeof command, "cd '%s' && '%s' %s >out.txt 2>err.txt", folder, tool, arguments);
    status = system(command);
    ck_assert(WIFEXITED(status));
    output.exit_code = WEXITSTATUS(status);
    output.out = read_text(tl_test_path(folder, "out.txt"));
    output.err = read_text(tl_test_path(folder, "err.txt"));
    return output;
}

static inline void free_output(struct output *output)
{
    tl_memory_free(output->out);
    tl_memory_free(output->err);
}

static inline void expect_contains(const char *text, const char *wanted)
{
    ck_assert_msg(strstr(text, wanted) != NULL, "expected '%s' in:\n%s", wanted, text);
}

#endif
