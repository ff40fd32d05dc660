/* Preloaded before the C library: the n-th call of a kind on files below a folder fails.
 *
 * A process says by fail_call() what is to happen; until then, and outside of the folder, all calls
 * are those of the system. The counter of calls_met() is shared with the processes it forks, so
 * that a parent sees how far a child came.
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
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { fail_with_error, write_less, end_by_signal };

static struct {
  char call[32];   /* "write"; "any" for all of them; "" for none */
  char under[512]; /* absolute path of the folder, with a slash at its end */
  int nth;         /* from 1 */
  int action;
  int number; /* of the error or the signal */
} plan;
static atomic_int* met;

__attribute__((constructor)) static void share_counter(void) {
  met = mmap(NULL, sizeof *met, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

void fail_call(const char* call, const char* under, int nth, int action, int number) {
  snprintf(plan.under, sizeof plan.under, "%s", under);
  plan.nth = nth;
  plan.action = action;
  plan.number = number;
  atomic_store(met, 0);
  snprintf(plan.call, sizeof plan.call, "%s", call);
}

int calls_met(void) { return atomic_load(met); }

/* Whether this is the call; the signal, if it is to be one, ends the process here. */
static int is_hit(const char* call) {
  if (strcmp(plan.call, call) != 0 && strcmp(plan.call, "any") != 0) return 0;
  if (atomic_fetch_add(met, 1) + 1 != plan.nth) return 0;
  if (plan.action == end_by_signal) {
    raise(plan.number);
    return 0; /* the program takes this signal for a wish, and goes on for a while */
  }
  errno = plan.number;
  return 1;
}

static int is_below(const char* path) {
  return plan.call[0] && strncmp(path, plan.under, strlen(plan.under)) == 0;
}

static int path_hit(const char* call, int folder, const char* path) {
  char whole[2 * PATH_MAX];
  if (!plan.call[0]) return 0;
  if (path[0] == '/' || folder == AT_FDCWD) return is_below(path) && is_hit(call);
  char link[64], name[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
  ssize_t length = readlink(link, name, sizeof name - 1);
  if (length < 0) return 0;
  name[length] = 0;
  snprintf(whole, sizeof whole, "%s/%s", name, path);
  return is_below(whole) && is_hit(call);
}

static int descriptor_hit(const char* call, int descriptor) {
  char link[64], name[PATH_MAX];
  if (!plan.call[0]) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, name, sizeof name - 2);
  if (length < 0) return 0;
  name[length] = '/'; /* the folder itself counts, too */
  name[length + 1] = 0;
  return is_below(name) && is_hit(call);
}

#define REAL(result, name, ...)       \
  static result (*real)(__VA_ARGS__); \
  if (!real) real = dlsym(RTLD_NEXT, name)

#define OPEN(name)                                                            \
  int name(const char* path, int flags, ...) {                                \
    REAL(int, #name, const char*, int, ...);                                  \
    va_list rest;                                                             \
    va_start(rest, flags);                                                    \
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                             \
    return path_hit("open", AT_FDCWD, path) ? -1 : real(path, flags, mode);   \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                              \
  int name(int folder, const char* path, int flags, ...) {                        \
    REAL(int, #name, int, const char*, int, ...);                                 \
    va_list rest;                                                                 \
    va_start(rest, flags);                                                        \
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;     \
    va_end(rest);                                                                 \
    return path_hit("open", folder, path) ? -1 : real(folder, path, flags, mode); \
  }
OPENAT(openat)
OPENAT(openat64)

ssize_t read(int file, void* data, size_t size) {
  REAL(ssize_t, "read", int, void*, size_t);
  return descriptor_hit("read", file) ? -1 : real(file, data, size);
}

ssize_t write(int file, const void* data, size_t size) {
  REAL(ssize_t, "write", int, const void*, size_t);
  if (!descriptor_hit("write", file)) return real(file, data, size);
  return plan.action == write_less ? real(file, data, (size + 1) / 2) : -1;
}

/* Nobody pulls the plug in a test: that what was written reaches the disk would only take time. */
static int synchronised(int file) {
  return descriptor_hit("fsync", file) || fcntl(file, F_GETFD) < 0 ? -1 : 0;
}
int fsync(int file) { return synchronised(file); }
int fdatasync(int file) { return synchronised(file); }

int close(int file) {
  REAL(int, "close", int);
  int hit = descriptor_hit("close", file), error = errno;
  int result = real(file); /* it is closed even if that fails */
  if (!hit) return result;
  errno = error;
  return -1;
}

int chmod(const char* path, mode_t mode) {
  REAL(int, "chmod", const char*, mode_t);
  return path_hit("chmod", AT_FDCWD, path) ? -1 : real(path, mode);
}
int fchmod(int file, mode_t mode) {
  REAL(int, "fchmod", int, mode_t);
  return descriptor_hit("chmod", file) ? -1 : real(file, mode);
}
int fchmodat(int folder, const char* path, mode_t mode, int flags) {
  REAL(int, "fchmodat", int, const char*, mode_t, int);
  return path_hit("chmod", folder, path) ? -1 : real(folder, path, mode, flags);
}
int chown(const char* path, uid_t user, gid_t group) {
  REAL(int, "chown", const char*, uid_t, gid_t);
  return path_hit("chown", AT_FDCWD, path) ? -1 : real(path, user, group);
}
int fchown(int file, uid_t user, gid_t group) {
  REAL(int, "fchown", int, uid_t, gid_t);
  return descriptor_hit("chown", file) ? -1 : real(file, user, group);
}
int utimensat(int folder, const char* path, const struct timespec times[2], int flags) {
  REAL(int, "utimensat", int, const char*, const struct timespec*, int);
  return path_hit("utime", folder, path) ? -1 : real(folder, path, times, flags);
}
int futimens(int file, const struct timespec times[2]) {
  REAL(int, "futimens", int, const struct timespec*);
  return descriptor_hit("utime", file) ? -1 : real(file, times);
}

#define TWO_PATHS(name, call)                                  \
  int name(const char* from, const char* to) {                 \
    REAL(int, #name, const char*, const char*);                \
    return path_hit(call, AT_FDCWD, to) ? -1 : real(from, to); \
  }
TWO_PATHS(rename, "rename")
TWO_PATHS(link, "link")
int renameat(int from_folder, const char* from, int to_folder, const char* to) {
  REAL(int, "renameat", int, const char*, int, const char*);
  return path_hit("rename", to_folder, to) ? -1 : real(from_folder, from, to_folder, to);
}
int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) {
  REAL(int, "linkat", int, const char*, int, const char*, int);
  return path_hit("link", to_folder, to) ? -1 : real(from_folder, from, to_folder, to, flags);
}
int unlink(const char* path) {
  REAL(int, "unlink", const char*);
  return path_hit("unlink", AT_FDCWD, path) ? -1 : real(path);
}
int unlinkat(int folder, const char* path, int flags) {
  REAL(int, "unlinkat", int, const char*, int);
  return path_hit("unlink", folder, path) ? -1 : real(folder, path, flags);
}
int mkdir(const char* path, mode_t mode) {
  REAL(int, "mkdir", const char*, mode_t);
  return path_hit("mkdir", AT_FDCWD, path) ? -1 : real(path, mode);
}
int mkdirat(int folder, const char* path, mode_t mode) {
  REAL(int, "mkdirat", int, const char*, mode_t);
  return path_hit("mkdir", folder, path) ? -1 : real(folder, path, mode);
}
int flock(int file, int operation) {
  REAL(int, "flock", int, int);
  return descriptor_hit("flock", file) ? -1 : real(file, operation);
}
int ftruncate(int file, off_t size) {
  REAL(int, "ftruncate", int, off_t);
  return descriptor_hit("truncate", file) ? -1 : real(file, size);
}
int ftruncate64(int file, off64_t size) {
  REAL(int, "ftruncate64", int, off64_t);
  return descriptor_hit("truncate", file) ? -1 : real(file, size);
}

#ifdef __GLIBC__
extern void* __libc_malloc(size_t size);
enum { large = 16 << 10 }; /* bytes; below it the C library itself may count on getting them */
void* malloc(size_t size) {
  if (size >= large && plan.call[0] && strcmp(plan.call, "malloc") == 0 && is_hit("malloc")) {
    errno = ENOMEM;
    return NULL;
  }
  return __libc_malloc(size);
}
#endif
