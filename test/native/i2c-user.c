/*
 * A program that speaks to the PN532 on /dev/i2c-1 as other programs do (i2c-tools, the kernel's examples), by
 * I2C_RDWR: GetFirmwareVersion and a look at the status byte in one call, then looks until the chip is ready, then
 * the acknowledgement frame, which it prints in hexadecimal. Ends with an error number when a call fails.
 * Governing document: Linux i2c/dev-interface.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdio.h>
#include <sys/ioctl.h>

#define CHIP 0x24
#define LOOKS 1000
#define STATUS_AND_ACK 7

static int transact(int bus, struct i2c_msg *messages, unsigned count) {
  struct i2c_rdwr_ioctl_data all = {messages, count};
  return ioctl(bus, I2C_RDWR, &all) == (int)count ? 0 : -1;
}

int main(void) {
  unsigned char command[] = {0x00, 0x00, 0xff, 0x02, 0xfe, 0xd4, 0x02, 0x2a, 0x00};
  unsigned char seen[STATUS_AND_ACK] = {0};
  struct i2c_msg both[] = {{CHIP, 0, sizeof command, command}, {CHIP, I2C_M_RD, 1, seen}};
  struct i2c_msg whole = {CHIP, I2C_M_RD, sizeof seen, seen};
  unsigned long functions = 0;
  int bus = open("/dev/i2c-1", O_RDWR);
  if (bus == -1 || ioctl(bus, I2C_FUNCS, &functions) == -1) return errno;
  if (!(functions & I2C_FUNC_I2C)) return ENOTSUP;
  if (transact(bus, both, 2) == -1) return errno;
  printf("%02x ", seen[0]);
  for (int looks = 0; looks < LOOKS && seen[0] != 0x01; looks++) {
    if (transact(bus, &both[1], 1) == -1) return errno;
  }
  if (transact(bus, &whole, 1) == -1) return errno;
  for (unsigned index = 0; index < sizeof seen; index++) printf("%02x", seen[index]);
  return 0;
}
