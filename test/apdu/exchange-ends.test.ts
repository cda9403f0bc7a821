/** How the runner ends a protocol: whatever happens, what the protocol has in its `finally` has run. */
import { describe, expect, test } from "vitest";
import { type Exchange, run } from "../../src/apdu/exchange.ts";
import { hex } from "../../src/bytes/hex.ts";
import type { LinkError } from "../../src/ports/card.ts";
import { silentLog } from "../../src/ports/log.ts";
import { err, ok, type Result } from "../../src/result.ts";
import { instant, millis } from "../../src/time/time.ts";

const READ = { cla: 0x00, ins: 0xb0, p1: 0x9c, p2: 0x00, le: 256 } as const;
const clock = { monotonicMs: () => millis(0), wallTime: () => instant(0), sleep: async () => undefined };
const context = { clock, log: silentLog, until: millis(1_000) };

/** Holds a secret while the card works. */
function* withSecret(secret: Uint8Array, command: typeof READ): Exchange<number, never> {
  try {
    return ok((yield command).sw);
  } finally {
    secret.fill(0);
  }
}

const cardThat = (answer: Result<Uint8Array, LinkError>, sent: Uint8Array[] = []) => ({
  transceive: async (apdu: Uint8Array) => {
    sent.push(apdu);
    return answer;
  },
});

describe("a secret that a protocol holds is wiped", () => {
  test("when the protocol ends by itself", async () => {
    const secret = hex("0102");
    expect(await run(withSecret(secret, READ), cardThat(ok(hex("9000"))), context)).toEqual(ok(0x9000));
    expect(secret).toEqual(hex("0000"));
  });

  test("when the card leaves in the midst", async () => {
    const secret = hex("0102");
    const lost = err<LinkError>({ kind: "cardLost", status: 1 });
    expect(await run(withSecret(secret, READ), cardThat(lost), context)).toEqual(lost);
    expect(secret).toEqual(hex("0000"));
  });

  test("when a defect throws", async () => {
    const secret = hex("0102");
    const fingerprints = { ...READ, p1: 0x83 } as unknown as typeof READ;
    await expect(run(withSecret(secret, fingerprints), cardThat(ok(hex("9000"))), context)).rejects.toThrow();
    expect(secret).toEqual(hex("0000"));
  });
});

describe("the words 6282 and 6Cxx", () => {
  const answers = async (cla: 0x00 | 0x0c, sw: string) => {
    const sent: Uint8Array[] = [];
    const data = hex(`970100 8E08${"BB".repeat(8)}`);
    function* once(): Exchange<number, never> {
      const command = cla === 0x0c ? { ...READ, cla, data } : READ;
      return ok((yield command).sw);
    }
    return { result: await run(once(), cardThat(ok(hex(sw)), sent), context), sent: sent.length };
  };

  test("are dealt with here in clear", async () => {
    expect(await answers(0x00, "6282")).toEqual({ result: ok(0x9000), sent: 1 });
    expect((await answers(0x00, "6C10")).sent).toBe(2);
  });

  test("go to the session as they are under secure messaging", async () => {
    expect(await answers(0x0c, "6282")).toEqual({ result: ok(0x6282), sent: 1 });
    expect(await answers(0x0c, "6C10")).toEqual({ result: ok(0x6c10), sent: 1 });
  });
});
