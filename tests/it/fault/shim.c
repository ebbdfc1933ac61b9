/* Counts the calls by which a process changes files below one folder, and spoils the one with a given number. Preloaded into the
 * command line by tests/it/fault.rs; the tested program itself knows nothing of it.
 *
 *   FAULT_DIR    only calls on files below this folder count
 *   FAULT_LOG    one line per counted call: "number call bytes path"
 *   FAULT_AT     number of the call to spoil (from 1); 0 or unset: none
 *   FAULT_MODE   kill: SIGKILL before it · torn: half of the bytes, then SIGKILL · eio: fails with EIO · enospc: fails with ENOSPC
 *   FAULT_STICKY set: every later call that needs room or the disk fails as well
 *
 * What SQLite writes through the shared-memory map of its WAL index is not seen; it is rebuilt after a crash and holds no data.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long counter;
static long at;
static int mode; /* 0 none, 1 kill, 2 torn, 3 EIO, 4 ENOSPC */
static int sticky;
static int log_fd = -1;
static char dir[PATH_MAX];
static size_t dir_len;

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("FAULT_DIR");
    if (text == NULL) return;
    strncpy(dir, text, sizeof dir - 1);
    dir_len = strlen(dir);
    text = getenv("FAULT_AT");
    at = text ? atol(text) : 0;
    text = getenv("FAULT_MODE");
    if (text != NULL) mode = !strcmp(text, "kill") ? 1 : !strcmp(text, "torn") ? 2 : !strcmp(text, "eio") ? 3 : 4;
    sticky = getenv("FAULT_STICKY") != NULL;
    text = getenv("FAULT_LOG");
    if (text != NULL) log_fd = (int)syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int below(const char *path) { return dir_len > 0 && strncmp(path, dir, dir_len) == 0; }

/* Whether the descriptor is a file of ours; its path goes to `out`. */
static int ours(int fd, char *out) {
    char link[64];
    if (dir_len == 0 || fd == log_fd) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long n = syscall(SYS_readlinkat, AT_FDCWD, link, out, PATH_MAX - 1);
    if (n <= 0) return 0;
    out[n] = 0;
    return below(out);
}

/* Counts a call. 0: let it through; else the errno to fail with; -1: half of it, then death. */
static int count(const char *call, size_t bytes, const char *path) {
    long n = atomic_fetch_add(&counter, 1) + 1;
    if (log_fd >= 0) {
        char line[PATH_MAX + 96];
        int len = snprintf(line, sizeof line, "%ld %s %zu %s\n", n, call, bytes, path + dir_len);
        syscall(SYS_write, log_fd, line, (size_t)len);
    }
    if (at == 0 || mode == 0 || n < at || (n > at && !sticky)) return 0;
    if (mode == 1) kill(getpid(), SIGKILL);
    if (mode == 2) return -1;
    return mode == 3 ? EIO : ENOSPC;
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *data, size_t n) {
    char path[PATH_MAX];
    if (ours(fd, path)) {
        int e = count("write", n, path);
        if (e < 0) { syscall(SYS_write, fd, data, n / 2); die(); }
        if (e > 0) { errno = e; return -1; }
    }
    return syscall(SYS_write, fd, data, n);
}

static ssize_t write_at(int fd, const void *data, size_t n, off_t offset) {
    char path[PATH_MAX];
    if (ours(fd, path)) {
        int e = count("pwrite", n, path);
        if (e < 0) { syscall(SYS_pwrite64, fd, data, n / 2, offset); die(); }
        if (e > 0) { errno = e; return -1; }
    }
    return syscall(SYS_pwrite64, fd, data, n, offset);
}
ssize_t pwrite(int fd, const void *data, size_t n, off_t offset) { return write_at(fd, data, n, offset); }
ssize_t pwrite64(int fd, const void *data, size_t n, off64_t offset) { return write_at(fd, data, n, offset); }

ssize_t writev(int fd, const struct iovec *parts, int k) {
    char path[PATH_MAX];
    if (ours(fd, path)) {
        int e = count("writev", 0, path);
        if (e < 0) die();
        if (e > 0) { errno = e; return -1; }
    }
    return syscall(SYS_writev, fd, parts, k);
}

#define ON_DESCRIPTOR(name, number)                                   \
    int name(int fd) {                                                \
        char path[PATH_MAX];                                          \
        if (ours(fd, path)) {                                         \
            int e = count(#name, 0, path);                            \
            if (e < 0) die();                                         \
            if (e > 0) { errno = e; return -1; }                      \
        }                                                             \
        return (int)syscall(number, fd);                              \
    }
ON_DESCRIPTOR(fsync, SYS_fsync)
ON_DESCRIPTOR(fdatasync, SYS_fdatasync)

static int truncate_to(int fd, off_t n) {
    char path[PATH_MAX];
    if (ours(fd, path)) {
        int e = count("ftruncate", (size_t)n, path);
        if (e < 0) die();
        if (e > 0) { errno = e; return -1; }
    }
    return (int)syscall(SYS_ftruncate, fd, n);
}
int ftruncate(int fd, off_t n) { return truncate_to(fd, n); }
int ftruncate64(int fd, off64_t n) { return truncate_to(fd, n); }

static int allocate(int fd, off_t offset, off_t n) {
    char path[PATH_MAX];
    if (ours(fd, path)) {
        int e = count("fallocate", (size_t)n, path);
        if (e < 0) die();
        if (e > 0) return e;
    }
    return REAL(posix_fallocate)(fd, offset, n);
}
int posix_fallocate(int fd, off_t offset, off_t n) { return allocate(fd, offset, n); }
int posix_fallocate64(int fd, off64_t offset, off64_t n) { return allocate(fd, offset, n); }

/* `path` as seen from the folder `at_fd`, in full. */
static const char *whole(int at_fd, const char *path, char *out) {
    char link[64];
    if (path[0] == '/' || at_fd == AT_FDCWD) return path;
    snprintf(link, sizeof link, "/proc/self/fd/%d", at_fd);
    long n = syscall(SYS_readlinkat, AT_FDCWD, link, out, PATH_MAX - 1);
    if (n <= 0 || (size_t)n + strlen(path) + 2 > PATH_MAX) return path;
    out[n] = '/';
    strcpy(out + n + 1, path);
    return out;
}

/* Calls that work on names. 0: let it through, else the errno to fail with. */
static int on_name(const char *call, const char *path) {
    int e = count(call, 0, path);
    if (e < 0) die();
    return e;
}

static int move(int from_fd, const char *from, int to_fd, const char *to, unsigned flags) {
    char a[PATH_MAX], b[PATH_MAX];
    const char *target = whole(to_fd, to, b);
    if (below(whole(from_fd, from, a)) || below(target)) {
        int e = on_name("rename", target);
        if (e > 0) { errno = e; return -1; }
    }
    return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}
int rename(const char *from, const char *to) { return move(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_fd, const char *from, int to_fd, const char *to) { return move(from_fd, from, to_fd, to, 0); }
int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags) { return move(from_fd, from, to_fd, to, flags); }

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags) {
    char b[PATH_MAX];
    const char *target = whole(to_fd, to, b);
    if (below(target)) {
        int e = on_name("link", target);
        if (e > 0) { errno = e; return -1; }
    }
    return (int)syscall(SYS_linkat, from_fd, from, to_fd, to, flags);
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int mkdirat(int at_fd, const char *path, mode_t bits) {
    char b[PATH_MAX];
    const char *target = whole(at_fd, path, b);
    /* Asking for a folder that is there changes nothing. */
    if (below(target) && syscall(SYS_faccessat, AT_FDCWD, target, 0) != 0) {
        int e = on_name("mkdir", target);
        if (e > 0) { errno = e; return -1; }
    }
    return (int)syscall(SYS_mkdirat, at_fd, path, bits);
}
int mkdir(const char *path, mode_t bits) { return mkdirat(AT_FDCWD, path, bits); }

int unlinkat(int at_fd, const char *path, int flags) {
    char b[PATH_MAX];
    const char *target = whole(at_fd, path, b);
    if (below(target)) {
        /* A full disk can still delete. */
        int e = on_name("unlink", target);
        if (e > 0 && mode == 3) { errno = e; return -1; }
    }
    return (int)syscall(SYS_unlinkat, at_fd, path, flags);
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t n, unsigned flags) {
    char path[PATH_MAX];
    if (ours(to, path)) {
        int e = count("copy", n, path);
        if (e < 0) {
            /* Callers ask for "all there is": half of that, not half of the number. */
            struct stat source;
            size_t all = fstat(from, &source) == 0 && (size_t)source.st_size < n ? (size_t)source.st_size : n;
            syscall(SYS_copy_file_range, from, from_at, to, to_at, all / 2, flags);
            die();
        }
        if (e > 0) { errno = e; return -1; }
    }
    return syscall(SYS_copy_file_range, from, from_at, to, to_at, n, flags);
}

static int open_file(int at_fd, const char *path, int flags, mode_t mode_bits) {
    char b[PATH_MAX];
    const char *target = whole(at_fd, path, b);
    if ((flags & O_CREAT) && below(target) && syscall(SYS_faccessat, AT_FDCWD, target, 0) != 0) {
        int e = on_name("create", target);
        if (e > 0) { errno = e; return -1; }
    }
    return (int)syscall(SYS_openat, at_fd, path, flags, mode_bits);
}

#define MODE_OF(flags)                                                \
    mode_t bits = 0;                                                  \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                            \
        va_list rest;                                                 \
        va_start(rest, flags);                                        \
        bits = va_arg(rest, mode_t);                                  \
        va_end(rest);                                                 \
    }
int open(const char *path, int flags, ...) { MODE_OF(flags) return open_file(AT_FDCWD, path, flags, bits); }
int open64(const char *path, int flags, ...) { MODE_OF(flags) return open_file(AT_FDCWD, path, flags | O_LARGEFILE, bits); }
int openat(int fd, const char *path, int flags, ...) { MODE_OF(flags) return open_file(fd, path, flags, bits); }
int openat64(int fd, const char *path, int flags, ...) { MODE_OF(flags) return open_file(fd, path, flags | O_LARGEFILE, bits); }
