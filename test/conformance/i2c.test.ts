import { createI2cLink } from "../../drivers/pn532/i2c-link.ts";
import { describeReader } from "./reader-suite.ts";
import { IRQ_LINE, makeVirtualRig, RESET_LINE, type Transport } from "./virtual-rig.ts";

const NODE = "/dev/i2c-1";

const I2C: Transport = {
  wiring: { bus: "i2c", node: NODE, clockHz: 400_000, irqLine: IRQ_LINE, resetLine: RESET_LINE },
  link: (host, irq, clock) => createI2cLink({ device: host.i2cDevice(NODE), irq, clock }),
};

describeReader("PN532 on I2C", {
  makeRig: (options) => makeVirtualRig(I2C, options),
  hasIrq: true,
  glitches: { lostEdge: 0.2, spuriousEdge: 0.3, nackBurst: 0.02, lateReady: 0.1 },
  brownOutUnderCard: "noTarget",
});
