import { describe } from "vitest";
import { createHsuLink } from "../../drivers/pn532/hsu-link.ts";
import { describeReader } from "./reader-suite.ts";
import { makeVirtualRig, RESET_LINE, type Transport } from "./virtual-rig.ts";

const NODE = "/dev/ttyAMA0";

const atSpeed = (baud: number): Transport => ({
  wiring: { bus: "hsu", node: NODE, resetLine: RESET_LINE },
  link: (host, _irq, clock) => createHsuLink({ line: host.serialLine(NODE), clock, baud }),
});

describe.each([115_200, 921_600])("at %i bit/s", (baud) => {
  describeReader("PN532 on a serial line", {
    makeRig: (options) => makeVirtualRig(atSpeed(baud), options),
    hasIrq: false,
    glitches: { splitChunk: 0.3, gluedChunk: 0.1 },
    brownOutUnderCard: "silence",
  });
});
