import { createSpiLink } from "../../drivers/pn532/spi-link.ts";
import { describeReader } from "./reader-suite.ts";
import { IRQ_LINE, makeVirtualRig, RESET_LINE, type Transport } from "./virtual-rig.ts";

const NODE = "/dev/spidev0.0";

const SPI: Transport = {
  wiring: { bus: "spi", node: NODE, clockHz: 2_000_000, irqLine: IRQ_LINE, resetLine: RESET_LINE },
  link: (host, irq, clock) => createSpiLink({ bus: host.spiBus(NODE), irq, clock }),
};

describeReader("PN532 on SPI", {
  makeRig: (options) => makeVirtualRig(SPI, options),
  hasIrq: true,
  glitches: { lostEdge: 0.2, spuriousEdge: 0.3, garbledStatus: 0.2 },
  brownOutUnderCard: "silence",
});
