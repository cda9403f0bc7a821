/** What a protocol reckons while the card reckons: after its command has gone out, before its answer comes back. */
import { expect, test } from "vitest";
import { during, type Exchange, run } from "../../src/apdu/exchange.ts";
import { hex } from "../../src/bytes/hex.ts";
import type { LinkError } from "../../src/ports/card.ts";
import { silentLog } from "../../src/ports/log.ts";
import { err, ok, type Result } from "../../src/result.ts";
import { instant, millis } from "../../src/time/time.ts";

const READ = { cla: 0x00, ins: 0xb0, p1: 0x9c, p2: 0x00, le: 256 } as const;

/** A card that answers when `release` is called, and all that happens in its order. */
function slowCard(answer: Result<Uint8Array, LinkError>) {
  const happened: string[] = [];
  let release = (): void => undefined;
  const mayAnswer = new Promise<void>((resolve) => {
    release = resolve;
  });
  const card = {
    transceive: async () => {
      happened.push("sent");
      await mayAnswer;
      happened.push("answered");
      return answer;
    },
  };
  function* protocol(): Exchange<number, never> {
    const meanwhile = () => {
      happened.push("reckoned");
      release();
    };
    const { sw } = yield { ...READ, meanwhile };
    happened.push("went on");
    return ok(sw);
  }
  return { card, protocol, happened, release };
}

const contextOf = (sleep: () => Promise<void>) => ({
  clock: { monotonicMs: () => millis(0), wallTime: () => instant(0), sleep },
  log: silentLog,
  until: millis(1_000),
});

test("is reckoned between command and answer", async () => {
  const { card, protocol, happened } = slowCard(ok(hex("9000")));
  expect(
    await run(
      protocol(),
      card,
      contextOf(async () => undefined),
    ),
  ).toEqual(ok(0x9000));
  expect(happened).toEqual(["sent", "reckoned", "answered", "went on"]);
});

test("has ended before the protocol goes on, and before it is given up", async () => {
  for (const answer of [ok(hex("9000")), err<LinkError>({ kind: "cardLost", status: 1 })]) {
    const { card, protocol, happened, release } = slowCard(answer);
    let wake = (): void => undefined;
    const awake = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const ended = run(
      protocol(),
      card,
      contextOf(() => awake),
    );
    release();
    await Promise.resolve();
    wake();
    await ended;
    expect(happened.slice(0, 3)).toEqual(["sent", "answered", "reckoned"]);
  }
});

test("can be given to the first command of another protocol", () => {
  const happened: string[] = [];
  function* twice(): Exchange<number, never> {
    try {
      const first = yield READ;
      return ok(first.sw + (yield { ...READ, p2: 0x04 }).sw);
    } finally {
      happened.push("left");
    }
  }
  const alongside = (): Exchange<number, never> => during(twice(), () => happened.push("reckoned"));
  const whole = alongside();
  const answer = { sw: 1, data: new Uint8Array(0) };
  whole.next();
  const second = whole.next(answer).value;
  expect(second).toEqual({ ...READ, p2: 0x04 });
  expect(whole.next(answer).value).toEqual(ok(2));
  const givenUp = alongside();
  const first = givenUp.next().value;
  if (first !== undefined && "meanwhile" in first) first.meanwhile?.();
  givenUp.return(ok(0));
  expect(happened).toEqual(["left", "reckoned", "left"]);
});
