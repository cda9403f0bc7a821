/** The virtual card at the end of a connection, and this test as the reader that listens. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { concat } from "../../src/bytes/bytes.ts";
import { hex, toHex } from "../../src/bytes/hex.ts";
import type { CardApplication, CardResponse } from "../../src/sim/cards/iso-dep.ts";
import { insertCard } from "../../src/sim/vpcd-card.ts";

const ATR = hex("3B80800101");

/** Answers each command with itself and 9000, and writes down what it is told. */
class Echo implements CardApplication {
  readonly seen: string[] = [];
  readonly #conduct: { readonly response?: CardResponse; readonly gone?: boolean };

  constructor(conduct: { readonly response?: CardResponse; readonly gone?: boolean } = {}) {
    this.#conduct = conduct;
  }

  process(apdu: Uint8Array) {
    this.seen.push(toHex(apdu));
    const { response = concat(apdu, hex("9000")), gone = false } = this.#conduct;
    return { response, workUs: 0, gone };
  }

  reset(): void {
    this.seen.push("reset");
  }
}

let server: Server;
beforeEach(async () => {
  server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => server.close());

const address = () => ({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });

/** The reader's end: what came so far, and a wait for a number of bytes. */
class ReaderEnd {
  readonly socket: Socket;
  #heard: Uint8Array = new Uint8Array();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.#heard = concat(this.#heard, chunk);
    });
    socket.on("error", () => undefined);
  }

  async hear(lengthBytes: number): Promise<string> {
    while (this.#heard.length < lengthBytes) await once(this.socket, "data");
    const heard = toHex(this.#heard.subarray(0, lengthBytes));
    this.#heard = this.#heard.subarray(lengthBytes);
    return heard;
  }
}

async function inserted(application: CardApplication) {
  const accepted = once(server, "connection");
  const result = await insertCard(address(), { atr: ATR, application });
  if (!result.ok) throw new Error(result.error.kind);
  const [socket] = (await accepted) as [Socket];
  const card = result.value;
  onTestFinished(() => card.close());
  return { card, reader: new ReaderEnd(socket) };
}

test("gives its ATR as often as it is asked", async () => {
  const { reader } = await inserted(new Echo());
  reader.socket.write(hex("000104 000104"));
  expect(await reader.hear(14)).toBe("00053B8080010100053B80800101");
});

test("forgets everything when power comes or goes and at a reset, and says nothing", async () => {
  const echo = new Echo();
  const { reader } = await inserted(echo);
  reader.socket.write(hex("000100 000101 000102 000104"));
  await reader.hear(7);
  expect(echo.seen).toEqual(["reset", "reset", "reset"]);
});

test("answers APDUs in their order, however the stream is cut", async () => {
  const echo = new Echo();
  const { reader } = await inserted(echo);
  for (const byte of hex("0004 00840000 0005 00B0810000")) reader.socket.write(Uint8Array.of(byte));
  expect(await reader.hear(8)).toBe("0006008400009000");
  expect(await reader.hear(9)).toBe("000700B08100009000");
});

test("any other single byte is a command, however short", async () => {
  const echo = new Echo();
  const { reader } = await inserted(echo);
  reader.socket.write(hex("000103"));
  expect(await reader.hear(5)).toBe("0003039000");
});

test("computes an answer that is computed late", async () => {
  const { reader } = await inserted(new Echo({ response: () => hex("6A82") }));
  reader.socket.write(hex("0004 00840000"));
  expect(await reader.hear(4)).toBe("00026A82");
});

test.each([0, 0x1_0000])(
  "says 6F00 in place of %i bytes, which the wire cannot carry",
  async (lengthBytes) => {
    const { reader } = await inserted(new Echo({ response: new Uint8Array(lengthBytes) }));
    reader.socket.write(hex("0004 00840000"));
    expect(await reader.hear(4)).toBe("00026F00");
  },
);

test("is pulled when its own script says so, behind its answer", async () => {
  const { card, reader } = await inserted(new Echo({ gone: true }));
  reader.socket.write(hex("0004 00840000 0004 00840000"));
  expect(await reader.hear(8)).toBe("0006008400009000");
  expect(await card.ended).toBe("removed");
});

test("ends with a reader that goes, and has forgotten everything then", async () => {
  const echo = new Echo();
  const { card, reader } = await inserted(echo);
  reader.socket.resetAndDestroy();
  expect(await card.ended).toBe("readerGone");
  expect(echo.seen).toEqual(["reset"]);
});

test("leaves what is no reader: a message of no bytes", async () => {
  const { card, reader } = await inserted(new Echo());
  reader.socket.write(hex("0000"));
  expect(await card.ended).toBe("readerGarbled");
});

test("leaves a reader that asks on and on and fetches nothing", async () => {
  const { card, reader } = await inserted(new Echo({ response: new Uint8Array(0xffff) }));
  reader.socket.pause();
  const asking = concat(...Array.from({ length: 400 }, () => hex("0004 00840000")));
  reader.socket.write(asking);
  expect(await card.ended).toBe("readerGarbled");
});

test("is closed by its owner", async () => {
  const { card } = await inserted(new Echo());
  card.close();
  expect(await card.ended).toBe("closed");
});

test("says so when nothing listens", async () => {
  const there = address();
  server.close();
  await once(server, "close");
  const result = await insertCard(there, { atr: ATR, application: new Echo() });
  expect(result).toMatchObject({ ok: false, error: { kind: "vpcdUnreachable", address: there } });
});
