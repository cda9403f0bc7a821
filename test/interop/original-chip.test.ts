// The level originalChip as an operator meets it: whole processes, the commands on the command line, and what a
// foreign MQTT client (mosquitto_sub) hears of enrolment, passage, copy, revocation and a changed key.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CieSpec } from "../../src/sim/cards/cie-spec.ts";
import type { Director } from "../../src/sim/director-client.ts";
import { authority } from "../../src/sim/pki/authority.ts";
import { GateFolder, LINES, NODE } from "./gate-folder.ts";
import { hasMosquitto, Listener, Mosquitto } from "./mosquitto.ts";
import { endAll, eventually, varco } from "./processes.ts";

const LISTED = "100000000001";
const AT_DESK = "100000000002";

interface Heard {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

describe.runIf(hasMosquitto)("a gate that demands the original chip", () => {
  let folder: GateFolder;
  let director: Director;
  let listener: Listener;
  let openings = 0;

  const heard = (...classes: readonly string[]): readonly Heard[] =>
    classes.flatMap((name) => listener.bodies(`live/${name}`) as readonly Heard[]);
  const cli = (...words: readonly string[]) => varco(...words, "-c", folder.configFile);
  const card = (nis: string, change: Partial<CieSpec> = {}): CieSpec => ({
    card: "cie",
    family: "gemalto",
    nis,
    ...change,
  });

  /** Holds a card to the reader until one more decision is heard; returns it. */
  async function decided(spec: CieSpec): Promise<Heard> {
    const before = heard("access").length;
    await director.ask({ do: "place", node: NODE, card: spec, when: "nextTry" });
    await eventually(() => heard("access").length > before, "a decision");
    await director.ask({ do: "remove", node: NODE });
    // The same card is a new presentation a second after it has left.
    const leftAt = performance.now();
    await eventually(() => performance.now() - leftAt > 1_300, "the field was empty for a while");
    return heard("access")[before] ?? { type: "", data: {} };
  }

  beforeAll(async () => {
    folder = new GateFolder();
    const broker = await Mosquitto.start(folder.path);
    folder.configure({ mqtt: { url: `mqtt://127.0.0.1:${broker.port}` } });
    folder.reconfigure(
      "level: identifier\n    nisOnly: acceptsCopiedNumbers",
      "level: originalChip\n    enrolment: listed",
    );
    director = await folder.startBoard();
    director.onEdge(({ line, level }) => {
      if (line === LINES.relay && level === "high") openings += 1;
    });
    listener = await Listener.start(broker);
  });
  afterAll(async () => {
    endAll();
    folder.remove();
  });

  test("does not start with an empty trust store, and says what to do", async () => {
    const refused = await folder.startGate();
    await eventually(() => refused.ending() !== undefined, "the gate's end");
    expect(refused.ending()).toBe(3);
    expect(refused.err()).toMatch(/varco trust import/);
  });

  test("enrols at the desk while the gate does not run, with every check shown", async () => {
    for (const generation of [1, 2] as const) {
      const file = join(folder.path, `csca-${generation}.cer`);
      writeFileSync(file, authority("self-made").countrySigner(generation).certificate);
      expect(await cli("trust", "import", file)).toMatchObject({ exit: 0 });
    }
    await director.ask({ do: "place", node: NODE, card: card(AT_DESK), when: "now" });
    const enrolled = await cli("enrol", "--group", "members", "--ref", "M-2", "--can");
    await director.ask({ do: "remove", node: NODE });
    expect(enrolled.err).toMatch(/CAN has six digits/);
    await director.ask({ do: "place", node: NODE, card: card(AT_DESK), when: "now" });
    const again = await cli("enrol", "--group", "members", "--ref", "M-2");
    await director.ask({ do: "remove", node: NODE });
    expect(again).toMatchObject({ exit: 0 });
    expect(again.out.match(/^ {2}ok /gm)).toHaveLength(9);
    await director.ask({ do: "place", node: NODE, card: card(AT_DESK, { key: 5 }), when: "now" });
    expect(await cli("enrol")).toMatchObject({ exit: 1 });
    await director.ask({ do: "remove", node: NODE });
  });

  test("then starts, and passes the enrolled card by its signature", async () => {
    await folder.admit([LISTED]);
    await folder.startGate();
    await eventually(() => listener.bodies("status").length > 0, "the gate is at the broker");
    const passage = await decided(card(AT_DESK));
    expect(passage).toMatchObject({ type: "acs.access.granted", data: { level: "originalChip" } });
    expect(passage.data["chipResponseMs"]).toBeGreaterThan(100);
  });

  test("enrols a listed holder in passing, once", async () => {
    expect(await decided(card(LISTED, { generation: 1 }))).toMatchObject({ type: "acs.access.granted" });
    expect(heard("config").at(-1)).toMatchObject({
      type: "acs.config.chipPinned",
      data: { by: "door", generation: 1 },
    });
    const pinned = heard("config").length;
    expect(await decided(card(LISTED, { generation: 1 }))).toMatchObject({ type: "acs.access.granted" });
    expect(heard("config")).toHaveLength(pinned);
  });

  test("refuses copies and says so at once, and a changed key as well", async () => {
    const before = openings;
    expect(await decided(card(LISTED, { attack: "nisOnly" }))).toMatchObject({
      data: { reason: "acs:ChipAuthenticationFailed" },
    });
    expect(heard("security").at(-1)).toMatchObject({ type: "acs.security.cloneSuspected" });
    expect(await decided(card(LISTED, { key: 5 }))).toMatchObject({
      data: { reason: "acs:ChipAuthenticationFailed", detail: "responseWrong" },
    });
    expect(openings).toBe(before);
  });

  test("does not admit a revoked holder, pinned or not", async () => {
    expect(await cli("credentials", "revoke", "M-2")).toMatchObject({ exit: 0 });
    const passage = await decided(card(AT_DESK));
    expect(passage).toMatchObject({ data: { reason: "CredentialNotFound", proofs: ["nisRead", "chipKey"] } });
  });

  test("has told the back end of what the desk did before, and nowhere of a number", async () => {
    const sent = (name: string) => (listener.bodies(`event/${name}`) as readonly (readonly Heard[])[]).flat();
    await eventually(() => sent("security").length > 0, "the alarm of the desk is at the broker");
    expect(sent("security")[0]).toMatchObject({
      type: "acs.security.chipKeyChanged",
      data: { by: "operator" },
    });
    const pinned = sent("config").filter(({ type }) => type === "acs.config.chipPinned");
    expect(pinned[0]).toMatchObject({ data: { by: "operator", generation: 2, replaced: false } });
    const all = ["security", "config", "access"].flatMap(sent);
    for (const nis of [LISTED, AT_DESK]) expect(JSON.stringify(all)).not.toContain(nis);
  });
});
