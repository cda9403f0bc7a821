/* What gpio-class.c offers to device-shim.c. */
#pragma once

/*
 * The kernel's answer to `text` written to the file `name` ("export", "gpio529/direction") of the GPIO class in
 * the folder `root`: 0, or the error number with which the write fails. What follows is done when it returns.
 */
int gpio_class_write(const char *root, const char *name, const char *text);
