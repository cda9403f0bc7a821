/*
 * A preloaded library that puts a virtual board behind a Raspberry Pi's device nodes, so that the packages
 * spi-device, i2c-bus and onoff run as they are installed, on any Linux machine.
 *
 * /dev/spidevX.Y and /dev/i2c-N: an opened node is a connection to the Unix socket named by SHIM_BOARD; each
 * call on it is one request and its answer there, and blocks its thread as the kernel would. Paths below
 * /sys/class/gpio lead to the folder named by SHIM_GPIO, behind which gpio-class.c plays the kernel. All else,
 * and everything where the variable is not set, goes to libc as it came.
 * Governing documents: Linux spi/spidev, i2c/dev-interface, gpio/sysfs. Both ends are little-endian machines.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <linux/spi/spidev.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>
#include "gpio-class.h"

/* The next definition of a function, which is libc's. Two threads that look it up at once find the same. */
#define REAL(name)                                                   \
  ({                                                                 \
    static __typeof__(&name) real;                                   \
    if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
    real;                                                            \
  })

#define MAX_DESCRIPTORS 4096
/* The kernel's own limits: spidev's usual buffer, an i2c-dev message, messages of one I2C_RDWR. */
#define SPI_MAX_BYTES 4096
#define I2C_MAX_BYTES 8192
#define SPI_MAX_TRANSFERS 64
/* What the Pi's controllers offer; above all no SPI_LSB_FIRST. */
#define SPI_MODES (SPI_CPOL | SPI_CPHA | SPI_CS_HIGH | SPI_NO_CS | SPI_3WIRE)

enum kind { NOT_OURS, SPI_NODE, I2C_NODE, GPIO_FILE };

struct __attribute__((packed)) spi_settings {
  uint8_t mode;
  uint8_t bits;
  uint32_t speed_hz;
};

struct node {
  enum kind kind;
  /* Which file the descriptor stood for: libuv closes by a bare system call, which nobody can intercept. */
  dev_t device;
  ino_t inode;
  /* One request at a time. */
  pthread_mutex_t busy;
  /* What was set by ioctl, and goes out with each request of its bus. */
  struct spi_settings spi;
  uint16_t i2c_address;
  /* Below the GPIO folder. */
  char name[64];
};

static struct node nodes[MAX_DESCRIPTORS];

/* As in the kernel, the speed of a spidev node is its device's: whoever has it open shares it. Here is one device. */
static uint32_t spi_max_speed_hz = 500000;

static struct node *node_of(int fd) {
  if (fd < 0 || fd >= MAX_DESCRIPTORS || nodes[fd].kind == NOT_OURS) return NULL;
  struct stat file;
  bool same = fstat(fd, &file) == 0 && file.st_dev == nodes[fd].device && file.st_ino == nodes[fd].inode;
  return same ? &nodes[fd] : NULL;
}

/* A descriptor was handed out: to us with a kind, or to somebody else with NOT_OURS. */
static int assign(int fd, enum kind kind, const char *name) {
  if (fd < 0) return fd;
  if (fd >= MAX_DESCRIPTORS) {
    if (kind == NOT_OURS) return fd;
    REAL(close)(fd);
    errno = EMFILE;
    return -1;
  }
  struct node *node = &nodes[fd];
  node->kind = kind;
  if (kind == NOT_OURS) return fd;
  struct stat file;
  fstat(fd, &file);
  node->device = file.st_dev;
  node->inode = file.st_ino;
  node->spi.mode = SPI_MODE_0;
  node->spi.bits = 8;
  node->i2c_address = 0;
  snprintf(node->name, sizeof node->name, "%s", name);
  pthread_mutex_init(&node->busy, NULL);
  return fd;
}

static int failed(int number) {
  errno = number;
  return -1;
}

/* Message framing of src/sim/message-stream.ts: length of what follows, type, request number. */
struct __attribute__((packed)) head {
  uint32_t length;
  uint8_t type;
  uint16_t request;
};
/* Types of requests; device-server.ts knows them by the same letters. Payloads: a path; the bus settings above
 * and the bytes to send; the address and a number of bytes; the address and bytes. */
enum request { OPEN = 'O', TRANSFER = 'T', READ = 'R', WRITE = 'W' };

static bool receive(int fd, void *bytes, size_t length) {
  if (length == 0) return true;
  ssize_t got;
  do got = recv(fd, bytes, length, MSG_WAITALL);
  while (got == -1 && errno == EINTR);
  return got == (ssize_t)length;
}

/*
 * One request of two parts and its answer: an error number and bytes, of which there must be as many as asked
 * for. 0 or -1 with errno: the other side's own, or EIO when it is gone.
 */
static int ask(int fd, enum request type, struct iovec first, struct iovec second, struct iovec answer) {
  struct head head = {sizeof head - sizeof head.length + first.iov_len + second.iov_len, type, 1};
  struct iovec parts[] = {{&head, sizeof head}, first, second};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
  ssize_t whole = sizeof head + first.iov_len + second.iov_len;
  int32_t number;
  if (sendmsg(fd, &message, MSG_NOSIGNAL) != whole) return failed(EIO);
  if (!receive(fd, &head, sizeof head) || !receive(fd, &number, sizeof number)) return failed(EIO);
  if (number != 0) return failed(number);
  size_t length = head.length - (sizeof head - sizeof head.length) - sizeof number;
  if (length != answer.iov_len || !receive(fd, answer.iov_base, length)) return failed(EIO);
  return 0;
}

static const struct iovec NOTHING = {NULL, 0};

static struct iovec part(const void *bytes, size_t length) {
  return (struct iovec){(void *)bytes, length};
}

/* A connection of its own for each opened node; without a server there is no node. */
static int connect_node(const char *path, const char *board, enum kind kind) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", board);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd == -1) return -1;
  int refusal = ENOENT;
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
    refusal = ask(fd, OPEN, part(path, strlen(path)), NOTHING, NOTHING) == 0 ? 0 : errno;
  }
  if (refusal == 0) return assign(fd, kind, "");
  REAL(close)(fd);
  return failed(refusal);
}

static int spi_transfer(int fd, struct node *node, const uint8_t *sent, uint8_t *seen, size_t length) {
  pthread_mutex_lock(&node->busy);
  int outcome =
      ask(fd, TRANSFER, part(&node->spi, sizeof node->spi), part(sent, length), part(seen, length));
  pthread_mutex_unlock(&node->busy);
  return outcome;
}

/* Chip select is held over all transfers of a message, so that the chip sees them as one. */
static int spi_message(int fd, struct node *node, const struct spi_ioc_transfer *transfers, unsigned count) {
  uint8_t sent[SPI_MAX_BYTES] = {0}, seen[SPI_MAX_BYTES];
  size_t length = 0;
  if (count > SPI_MAX_TRANSFERS) return failed(EMSGSIZE);
  for (unsigned index = 0; index < count; index++) {
    const struct spi_ioc_transfer *each = &transfers[index];
    if (each->cs_change) return failed(EINVAL);
    if (each->len > sizeof sent - length) return failed(EMSGSIZE);
    if (each->tx_buf) memcpy(sent + length, (const void *)(uintptr_t)each->tx_buf, each->len);
    length += each->len;
  }
  /* A transfer that names no speed of its own has the device's. */
  node->spi.speed_hz = count > 0 && transfers[0].speed_hz ? transfers[0].speed_hz : spi_max_speed_hz;
  if (spi_transfer(fd, node, sent, seen, length) == -1) return -1;
  size_t from = 0;
  for (unsigned index = 0; index < count; from += transfers[index++].len) {
    const struct spi_ioc_transfer *each = &transfers[index];
    if (each->rx_buf) memcpy((void *)(uintptr_t)each->rx_buf, seen + from, each->len);
  }
  return (int)length;
}

static int spi_ioctl(int fd, struct node *node, unsigned long request, void *argument) {
  switch (request) {
    case SPI_IOC_RD_MODE:
      *(uint8_t *)argument = node->spi.mode;
      return 0;
    case SPI_IOC_WR_MODE:
      if (*(uint8_t *)argument & ~SPI_MODES) return failed(EINVAL);
      node->spi.mode = *(uint8_t *)argument;
      return 0;
    case SPI_IOC_RD_BITS_PER_WORD:
      *(uint8_t *)argument = node->spi.bits;
      return 0;
    case SPI_IOC_WR_BITS_PER_WORD:
      node->spi.bits = *(uint8_t *)argument;
      return 0;
    case SPI_IOC_RD_MAX_SPEED_HZ:
      *(uint32_t *)argument = spi_max_speed_hz;
      return 0;
    case SPI_IOC_WR_MAX_SPEED_HZ:
      spi_max_speed_hz = *(uint32_t *)argument;
      return 0;
  }
  if ((request & ~IOCSIZE_MASK) != (SPI_IOC_MESSAGE(0) & ~IOCSIZE_MASK)) return failed(ENOTTY);
  return spi_message(fd, node, argument, _IOC_SIZE(request) / sizeof(struct spi_ioc_transfer));
}

static ssize_t i2c_read(int fd, struct node *node, uint16_t address, void *bytes, size_t length) {
  if (length > I2C_MAX_BYTES) length = I2C_MAX_BYTES;
  uint16_t wanted = length;
  pthread_mutex_lock(&node->busy);
  int outcome = ask(fd, READ, part(&address, sizeof address), part(&wanted, sizeof wanted), part(bytes, length));
  pthread_mutex_unlock(&node->busy);
  return outcome == 0 ? (ssize_t)length : -1;
}

static ssize_t i2c_write(int fd, struct node *node, uint16_t address, const void *bytes, size_t length) {
  if (length > I2C_MAX_BYTES) length = I2C_MAX_BYTES;
  pthread_mutex_lock(&node->busy);
  int outcome = ask(fd, WRITE, part(&address, sizeof address), part(bytes, length), NOTHING);
  pthread_mutex_unlock(&node->busy);
  return outcome == 0 ? (ssize_t)length : -1;
}

/* The messages of one I2C_RDWR one after the other; the number of them, as the kernel says it. */
static int i2c_messages(int fd, struct node *node, const struct i2c_rdwr_ioctl_data *all) {
  if (all->nmsgs > I2C_RDWR_IOCTL_MAX_MSGS) return failed(EINVAL);
  for (uint32_t index = 0; index < all->nmsgs; index++) {
    struct i2c_msg *each = &all->msgs[index];
    ssize_t moved = each->flags & I2C_M_RD ? i2c_read(fd, node, each->addr, each->buf, each->len)
                                           : i2c_write(fd, node, each->addr, each->buf, each->len);
    if (moved == -1) return -1;
  }
  return (int)all->nmsgs;
}

static int i2c_ioctl(int fd, struct node *node, unsigned long request, void *argument) {
  switch (request) {
    case I2C_SLAVE:
      if ((uintptr_t)argument > 0x7f) return failed(EINVAL);
      node->i2c_address = (uintptr_t)argument;
      return 0;
    case I2C_FUNCS:
      *(unsigned long *)argument = I2C_FUNC_I2C;
      return 0;
    case I2C_RDWR:
      return i2c_messages(fd, node, argument);
  }
  return failed(ENOTTY);
}

static const char *const GPIO_CLASS = "/sys/class/gpio";

/* What follows GPIO_CLASS in a path below it, in the stand-in folder; NULL for other paths. */
static const char *below_gpio(const char *path) {
  size_t length = strlen(GPIO_CLASS);
  if (getenv("SHIM_GPIO") == NULL || strncmp(path, GPIO_CLASS, length) != 0) return NULL;
  return path[length] == '\0' || path[length] == '/' ? path + length : NULL;
}

/* The path itself, or where it leads to. */
static const char *redirected(const char *path, char room[PATH_MAX]) {
  const char *below = below_gpio(path);
  if (below == NULL) return path;
  snprintf(room, PATH_MAX, "%s%s", getenv("SHIM_GPIO"), below);
  return room;
}

static ssize_t gpio_write(struct node *node, const void *bytes, size_t length) {
  char text[16] = "";
  if (length >= sizeof text) return failed(EINVAL);
  memcpy(text, bytes, length);
  int refusal = gpio_class_write(getenv("SHIM_GPIO"), node->name, text);
  return refusal == 0 ? (ssize_t)length : failed(refusal);
}

static int open_any(int folder, const char *path, int flags, mode_t mode) {
  const char *board = getenv("SHIM_BOARD");
  if (board != NULL && strncmp(path, "/dev/spidev", 11) == 0) return connect_node(path, board, SPI_NODE);
  if (board != NULL && strncmp(path, "/dev/i2c-", 9) == 0) return connect_node(path, board, I2C_NODE);
  const char *below = below_gpio(path);
  if (below == NULL) return assign(REAL(openat64)(folder, path, flags, mode), NOT_OURS, "");
  char room[PATH_MAX];
  /* The class has no files but its own, and none of them gets shorter. */
  int fd = REAL(openat64)(folder, redirected(path, room), flags & ~(O_CREAT | O_TRUNC));
  return assign(fd, GPIO_FILE, below + strspn(below, "/"));
}

/* The mode is there only when a file may be made; without one the argument is never looked at. */
#define DEFINE_OPEN(name)                             \
  int name(const char *path, int flags, ...) {        \
    va_list rest;                                     \
    va_start(rest, flags);                            \
    mode_t mode = va_arg(rest, mode_t);               \
    va_end(rest);                                     \
    return open_any(AT_FDCWD, path, flags, mode);     \
  }
#define DEFINE_OPENAT(name)                                   \
  int name(int folder, const char *path, int flags, ...) {    \
    va_list rest;                                             \
    va_start(rest, flags);                                    \
    mode_t mode = va_arg(rest, mode_t);                       \
    va_end(rest);                                             \
    return open_any(folder, path, flags, mode);               \
  }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)

int ioctl(int fd, unsigned long request, ...) {
  va_list rest;
  va_start(rest, request);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  struct node *node = node_of(fd);
  if (node != NULL && node->kind == SPI_NODE) return spi_ioctl(fd, node, request, argument);
  if (node != NULL && node->kind == I2C_NODE) return i2c_ioctl(fd, node, request, argument);
  return REAL(ioctl)(fd, request, argument);
}

ssize_t read(int fd, void *bytes, size_t length) {
  struct node *node = node_of(fd);
  if (node != NULL && node->kind == I2C_NODE) return i2c_read(fd, node, node->i2c_address, bytes, length);
  /* Nothing of ours reads a spidev node so; half a transfer would be guesswork. */
  if (node != NULL && node->kind == SPI_NODE) return failed(ENOTSUP);
  return REAL(read)(fd, bytes, length);
}

ssize_t write(int fd, const void *bytes, size_t length) {
  struct node *node = node_of(fd);
  if (node == NULL) return REAL(write)(fd, bytes, length);
  if (node->kind == GPIO_FILE) return gpio_write(node, bytes, length);
  if (node->kind == I2C_NODE) return i2c_write(fd, node, node->i2c_address, bytes, length);
  return failed(ENOTSUP);
}

/* i2c-dev pays no heed to the position, and i2c-bus always names one; spidev is a stream, which has none. */
ssize_t pread64(int fd, void *bytes, size_t length, off64_t position) {
  struct node *node = node_of(fd);
  if (node != NULL && node->kind == SPI_NODE) return failed(ESPIPE);
  if (node != NULL && node->kind == I2C_NODE) return read(fd, bytes, length);
  return REAL(pread64)(fd, bytes, length, position);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t position) {
  struct node *node = node_of(fd);
  if (node != NULL && node->kind == SPI_NODE) return failed(ESPIPE);
  if (node != NULL) return write(fd, bytes, length);
  return REAL(pwrite64)(fd, bytes, length, position);
}

ssize_t pread(int fd, void *bytes, size_t length, off_t position) {
  return pread64(fd, bytes, length, position);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t position) {
  return pwrite64(fd, bytes, length, position);
}

int close(int fd) {
  struct node *node = node_of(fd);
  if (node != NULL) node->kind = NOT_OURS;
  return REAL(close)(fd);
}

int access(const char *path, int mode) {
  char room[PATH_MAX];
  return REAL(access)(redirected(path, room), mode);
}

int scandir64(const char *path, struct dirent64 ***names, int (*filter)(const struct dirent64 *),
              int (*compare)(const struct dirent64 **, const struct dirent64 **)) {
  char room[PATH_MAX];
  return REAL(scandir64)(redirected(path, room), names, filter, compare);
}
