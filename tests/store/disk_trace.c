/* Preloaded into a process: writes down what it does to the files of one folder, in order.

   A record is a line "OP INODE OFFSET LENGTH NAME\n" with LENGTH bytes after it. TRACED_FOLDER names the folder and
   TRACE the file to append to. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int trace = -1;
static char folder[4096];
static dev_t device;

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("TRACED_FOLDER"), *to = getenv("TRACE");
    struct stat status;
    if (!name || !to || !realpath(name, folder) || stat(folder, &status)) return;
    device = status.st_dev;
    trace = (int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void record(char op, unsigned long inode, long offset, long length, const char *name, const void *data) {
    char line[8192];
    int n = snprintf(line, sizeof line, "%c %lu %ld %ld %s\n", op, inode, offset, length, name);
    syscall(SYS_write, trace, line, n);
    if (length > 0 && data) syscall(SYS_write, trace, data, length);
}

/* the inode of an open file of the folder or of the folder itself, 0 for all others */
static unsigned long traced(int fd) {
    char link[64], name[4096];
    struct stat status;
    if (trace < 0 || fd == trace) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, name, sizeof name - 1);
    if (n <= 0) return 0;
    name[n] = 0;
    if (strncmp(name, folder, strlen(folder)) || fstat(fd, &status) || status.st_dev != device) return 0;
    return status.st_ino;
}

static int within(const char *path, char *name) {
    char full[4096], *slash;
    if (trace < 0) return 0;
    snprintf(full, sizeof full, "%s", path);
    slash = strrchr(full, '/');
    if (!slash) return 0;
    snprintf(name, 256, "%s", slash + 1);
    *slash = 0;
    return !strcmp(full, folder);
}

static int opened(const char *path, int flags, mode_t mode) {
    char name[256];
    int inside = within(path, name), fresh = inside && access(path, F_OK) != 0;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    struct stat status;
    if (fd >= 0 && inside && fresh && !fstat(fd, &status)) record('C', status.st_ino, 0, 0, name, NULL);
    if (fd >= 0 && inside && !fresh && (flags & O_TRUNC) && !fstat(fd, &status)) record('T', status.st_ino, 0, 0, "", NULL);
    return fd;
}

static mode_t mode_of(int flags, va_list rest) { return flags & O_CREAT ? va_arg(rest, mode_t) : 0; }

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return opened(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return opened(path, flags, mode);
}

ssize_t write(int fd, const void *data, size_t length) {
    unsigned long inode = traced(fd);
    long offset = inode ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t n = syscall(SYS_write, fd, data, length);
    if (inode && n > 0) record('W', inode, offset, n, "", data);
    return n;
}

static ssize_t written_at(int fd, const void *data, size_t length, off64_t offset) {
    ssize_t n = syscall(SYS_pwrite64, fd, data, length, offset);
    unsigned long inode = traced(fd);
    if (inode && n > 0) record('W', inode, offset, n, "", data);
    return n;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return written_at(fd, data, length, offset); }

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    return written_at(fd, data, length, offset);
}

static int cut(int fd, off64_t length) {
    int status = (int)syscall(SYS_ftruncate, fd, length);
    unsigned long inode = traced(fd);
    if (inode && !status) record('T', inode, length, 0, "", NULL);
    return status;
}

int ftruncate(int fd, off_t length) { return cut(fd, length); }

int ftruncate64(int fd, off64_t length) { return cut(fd, length); }

static int synced(int fd, int status) {
    unsigned long inode = traced(fd);
    if (inode && !status) record('S', inode, 0, 0, "", NULL);
    return status;
}

/* the disk need not be waited for: the trace says what would be on it */
int fsync(int fd) { return synced(fd, 0); }

int fdatasync(int fd) { return synced(fd, 0); }

int unlink(const char *path) {
    char name[256];
    int status = (int)syscall(SYS_unlink, path);
    if (!status && within(path, name)) record('U', 0, 0, 0, name, NULL);
    return status;
}

int link(const char *old, const char *new) {
    char name[256];
    struct stat status;
    int failed = (int)syscall(SYS_link, old, new);
    if (!failed && within(new, name) && !stat(new, &status)) record('C', status.st_ino, 0, 0, name, NULL);
    return failed;
}
