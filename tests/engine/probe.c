/* One static helper, run by the suite inside of a container as the container's own user, with or without a shell.
 *   probe home          prints $HOME
 *   probe write PATH... for each path that the original wrote: can this user write it? A file is opened for
 *                       appending; in a folder a file is made and removed; for what is not there (yet), the same
 *                       in the nearest folder above it. One line "PATH<tab>ok" or "PATH<tab>reason" each.
 *   probe own PATH...   the same, but what is not there is answered with "absent". */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *make_file_in(const char *folder) {
    char name[4200];
    snprintf(name, sizeof name, "%s/.probe-%d", folder, (int)getpid());
    int file = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);
    if (file < 0) return strerror(errno);
    close(file);
    unlink(name);
    return "ok";
}

static const char *try_to_write(const char *given, int must_exist) {
    char path[4096];
    struct stat st;
    snprintf(path, sizeof path, "%s", given);
    while (stat(path, &st) < 0) {
        char *slash = strrchr(path, '/');
        if (errno != ENOENT && errno != ENOTDIR) return strerror(errno);
        if (must_exist) return "absent";
        if (!slash) return "absent";
        if (slash == path) slash++;
        if (!*slash) return "absent";
        *slash = 0;
    }
    if (S_ISDIR(st.st_mode)) return make_file_in(path);
    if (strcmp(path, given)) return "Not a directory";
    if (!S_ISREG(st.st_mode)) return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) ? strerror(errno) : "ok";
    int file = open(path, O_WRONLY | O_APPEND);
    /* A program that runs cannot be opened for writing by anybody; what counts is the right to. */
    if (file < 0) return errno == ETXTBSY && !faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) ? "ok" : strerror(errno);
    close(file);
    return "ok";
}

int main(int count, char **words) {
    if (count == 2 && !strcmp(words[1], "home")) {
        puts(getenv("HOME") ? getenv("HOME") : "");
        return 0;
    }
    if (count < 3 || (strcmp(words[1], "write") && strcmp(words[1], "own"))) return 2;
    for (int i = 2; i < count; i++) printf("%s\t%s\n", words[i], try_to_write(words[i], !strcmp(words[1], "own")));
    return 0;
}
