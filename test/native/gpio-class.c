/*
 * The kernel behind a stand-in for /sys/class/gpio: lines appear when they are exported, directions and levels
 * take effect, and what may not be is refused. It acts inside the very write that asks for it, as the kernel
 * does, so that a program which looks at once finds what it should. Each change of what drives a pin is added to
 * the file `history` of the folder: "529 in", "529 out 0".
 * Governing document: Linux gpio/sysfs. Edges are accepted and never happen.
 */
#define _GNU_SOURCE
#include "gpio-class.h"
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file of the class by the format of its name, opened by libc itself. */
static FILE *file(const char *root, const char *mode, const char *format, ...) {
  char name[64], path[PATH_MAX];
  va_list rest;
  va_start(rest, format);
  vsnprintf(name, sizeof name, format, rest);
  va_end(rest);
  snprintf(path, sizeof path, "%s/%s", root, name);
  return fopen(path, mode);
}

static void put(FILE *opened, const char *text) {
  if (opened == NULL) abort();
  fprintf(opened, "%s\n", text);
  fclose(opened);
}

/* The first word of a file, or an empty one. */
static void get(FILE *opened, char word[32]) {
  word[0] = '\0';
  if (opened == NULL) return;
  if (fscanf(opened, "%31s", word) != 1) word[0] = '\0';
  fclose(opened);
}

static bool is_dir(const char *root, const char *prefix, long line) {
  char path[PATH_MAX];
  struct stat found;
  snprintf(path, sizeof path, "%s/%s%ld", root, prefix, line);
  return stat(path, &found) == 0;
}

static void record(const char *root, long line, const char *driven) {
  char text[64];
  snprintf(text, sizeof text, "%ld %s", line, driven);
  put(file(root, "a", "history"), text);
}

/* Whether one of the folder's chips has the line. */
static bool exists(const char *root, long line) {
  char pattern[PATH_MAX];
  snprintf(pattern, sizeof pattern, "%s/gpiochip*", root);
  glob_t chips;
  bool found = false;
  if (glob(pattern, 0, NULL, &chips) != 0) return false;
  for (size_t index = 0; index < chips.gl_pathc; index++) {
    char base[32], lines[32];
    get(file(chips.gl_pathv[index], "r", "base"), base);
    get(file(chips.gl_pathv[index], "r", "ngpio"), lines);
    found = found || (line >= atol(base) && line < atol(base) + atol(lines));
  }
  globfree(&chips);
  return found;
}

/* A line begins as an input. A folder `claimedN` is a line that a driver of the kernel has. */
static int export_line(const char *root, long line) {
  if (!exists(root, line)) return EINVAL;
  if (is_dir(root, "gpio", line) || is_dir(root, "claimed", line)) return EBUSY;
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/gpio%ld", root, line);
  if (mkdir(path, 0755) == -1) return errno;
  put(file(path, "w", "direction"), "in");
  put(file(path, "w", "value"), "0");
  put(file(path, "w", "edge"), "none");
  put(file(path, "w", "active_low"), "0");
  return 0;
}

/* Given back, a line is an input again. */
static int unexport_line(const char *root, long line) {
  if (!is_dir(root, "gpio", line)) return EINVAL;
  static const char *const names[] = {"direction", "value", "edge", "active_low", ""};
  for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/gpio%ld/%s", root, line, names[index]);
    remove(path);
  }
  record(root, line, "in");
  return 0;
}

static void drive(const char *root, long line, bool high) {
  put(file(root, "w", "gpio%ld/value", line), high ? "1" : "0");
  record(root, line, high ? "out 1" : "out 0");
}

/* "out" is "low"; both and "high" set the level before the line becomes an output. */
static int set_direction(const char *root, long line, const char *direction) {
  bool in = strcmp(direction, "in") == 0, high = strcmp(direction, "high") == 0;
  if (!in && !high && strcmp(direction, "low") != 0 && strcmp(direction, "out") != 0) return EINVAL;
  put(file(root, "w", "gpio%ld/direction", line), in ? "in" : "out");
  if (in) record(root, line, "in");
  else drive(root, line, high);
  return 0;
}

static int set_value(const char *root, long line, const char *level) {
  char direction[32];
  get(file(root, "r", "gpio%ld/direction", line), direction);
  if (strcmp(direction, "out") != 0) return EPERM;
  if (strcmp(level, "0") != 0 && strcmp(level, "1") != 0) return EINVAL;
  drive(root, line, level[0] == '1');
  return 0;
}

static int set_edge(const char *root, long line, const char *edge) {
  static const char *const edges[] = {"none", "rising", "falling", "both"};
  for (size_t index = 0; index < sizeof edges / sizeof *edges; index++) {
    if (strcmp(edge, edges[index]) != 0) continue;
    put(file(root, "w", "gpio%ld/edge", line), edge);
    return 0;
  }
  return EINVAL;
}

int gpio_class_write(const char *root, const char *name, const char *text) {
  char *end, attribute[32] = "";
  long line = strtol(text, &end, 10);
  bool is_number = end != text && (*end == '\0' || *end == '\n');
  if (strcmp(name, "export") == 0) return is_number ? export_line(root, line) : EINVAL;
  if (strcmp(name, "unexport") == 0) return is_number ? unexport_line(root, line) : EINVAL;
  if (sscanf(name, "gpio%ld/%31s", &line, attribute) != 2) return EACCES;
  if (strcmp(attribute, "direction") == 0) return set_direction(root, line, text);
  if (strcmp(attribute, "value") == 0) return set_value(root, line, text);
  if (strcmp(attribute, "edge") == 0) return set_edge(root, line, text);
  /* Nothing of ours turns a line upside down here. */
  return EACCES;
}
