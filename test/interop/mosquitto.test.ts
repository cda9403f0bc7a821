// The gate as a whole process against a real Mosquitto: TLS with an authority of its own, user and password
// from files, what other clients see of it, and what it does when broker or secrets are wrong.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Director } from "../../src/sim/director-client.ts";
import { cie, GateFolder, LINES, NODE } from "./gate-folder.ts";
import { hasMosquitto, Listener, Mosquitto } from "./mosquitto.ts";
import { endAll, eventually, type Running } from "./processes.ts";

/** One for each coming: a card seen again soon after a restart counts as the one that lay there. */
const MEMBERS = Array.from({ length: 8 }, (_, index) => `10000000000${index}`);
const STOP_LIMIT_MS = 2_000;
/** The will is held back for ten seconds. */
const WILL_LIMIT_MS = 25_000;

let folder: GateFolder;
let director: Director;
let broker: Mosquitto;
let listener: Listener;
let credentials: Readonly<Record<"caFile" | "userFile" | "passwordFile", string>>;
const edges: { readonly line: number; readonly level: string }[] = [];

const ons = (line: number): number =>
  edges.filter((edge) => edge.line === line && edge.level === "high").length;
const isOn = (line: number): boolean => edges.findLast((edge) => edge.line === line)?.level === "high";

/** The next member comes and is admitted. */
async function admitted(): Promise<void> {
  const before = ons(LINES.relay);
  const member = MEMBERS[before] ?? "";
  await director.ask({ do: "place", node: NODE, card: cie(member), when: "nextTry" });
  await eventually(() => ons(LINES.relay) > before, "the relay goes on");
}

const gone = () => director.ask({ do: "remove", node: NODE });

async function gateWith(mqtt: Readonly<Record<string, string>>): Promise<Running> {
  folder.configure({ mqtt: { url: `mqtts://127.0.0.1:${broker.port}`, ...mqtt } });
  const gate = await folder.startGate();
  onTestFinished(async () => {
    gate.kill("SIGKILL");
    await gate.ended;
  });
  return gate;
}

async function stopped(gate: Running, signal: "SIGTERM" | "SIGINT"): Promise<void> {
  const askedAt = performance.now();
  gate.kill(signal);
  await eventually(() => gate.ending() !== undefined, "the gate's end");
  expect(performance.now() - askedAt).toBeLessThan(STOP_LIMIT_MS);
  expect({ ending: gate.ending(), errors: gate.err(), relay: isOn(LINES.relay) }).toEqual({
    ending: 0,
    errors: "",
    relay: false,
  });
}

/** The gate's log lines of one event. */
const logged = (gate: Running, event: string): readonly unknown[] =>
  gate
    .out()
    .split("\n")
    .filter((line) => line.includes(`"event":"${event}"`))
    .map((line) => JSON.parse(line) as unknown);

describe.runIf(hasMosquitto)("the gate and Mosquitto over TLS", () => {
  beforeAll(async () => {
    folder = new GateFolder();
    await folder.admit(MEMBERS);
    director = await folder.startBoard();
    director.onEdge((edge) => edges.push(edge));
    const tls = makeCertificates(folder);
    const passwords = join(folder.path, "passwords");
    execFileSync("mosquitto_passwd", ["-b", "-c", passwords, "gate-1", "a long pass phrase"]);
    execFileSync("mosquitto_passwd", ["-b", passwords, "watcher", "watching"]);
    const settings = [
      "allow_anonymous false",
      `password_file ${passwords}`,
      `certfile ${tls.certificate}`,
      `keyfile ${tls.key}`,
    ];
    broker = await Mosquitto.start(folder.path, settings.join("\n"));
    listener = await Listener.start(broker, ["--cafile", tls.authority, "-u", "watcher", "-P", "watching"]);
    credentials = {
      caFile: tls.authority,
      userFile: folder.write("mqtt.user", "gate-1\n"),
      passwordFile: folder.write("mqtt.password", "a long pass phrase\n"),
    };
  });

  afterAll(() => {
    endAll();
    folder.remove();
  });

  test("birth, self-description, state, decision and goodbye reach other clients, by MQTT 5", async () => {
    const gate = await gateWith(credentials);
    await eventually(() => listener.bodies("info").length > 0, "the self-description");
    expect(logged(gate, "brokerConnected")).toMatchObject([{ mqtt: 5 }]);
    expect(broker.log()).toMatch(/connected from 127\.0\.0\.1:\d+ as gate-1 \(p5, c0, k30, u'gate-1'\)/);
    expect(listener.bodies("status")).toMatchObject([{ state: "ready", conn: 1 }]);
    await admitted();
    await eventually(() => listener.bodies("event/access").length > 0, "the decision");
    expect(listener.bodies("event/access")[0]).toMatchObject([
      { type: "acs.access.granted", source: "acs:interop/gate-1" },
    ]);
    await eventually(() => listener.bodies("live/access").length > 0, "the decision, live");
    expect(listener.bodies("live/access")[0]).not.toHaveProperty("personal");
    await eventually(() => listener.bodies("state/lane-1").length >= 3, "the states of the door");
    expect(listener.bodies("state/lane-1").slice(0, 3)).toMatchObject([
      { mode: "Locked" },
      { mode: "Accessed" },
      { mode: "Locked" },
    ]);
    await gone();
    await stopped(gate, "SIGTERM");
    await eventually(() => listener.bodies("status").length === 2, "the goodbye");
    expect(listener.bodies("status")[1]).toMatchObject({ state: "disconnected", reason: "stop", conn: 1 });
  });

  test("stopped while the relay is on: off at once, goodbye, within two seconds", async () => {
    const gate = await gateWith(credentials);
    const births = () => listener.bodies("status").length;
    await eventually(() => births() === 3, "the birth");
    await admitted();
    expect(isOn(LINES.relay)).toBe(true);
    await stopped(gate, "SIGINT");
    await gone();
    await eventually(() => births() === 4, "the goodbye");
  });

  test("a killed gate is reported as lost by its will", { timeout: WILL_LIMIT_MS + 10_000 }, async () => {
    const gate = await gateWith(credentials);
    const said = () => listener.bodies("status");
    const before = said().length;
    await eventually(() => said().length > before, "the birth");
    gate.kill("SIGKILL");
    await eventually(() => said().length > before + 1, "the will", WILL_LIMIT_MS);
    const [ready, lost] = said().slice(before);
    expect(lost).toMatchObject({ state: "lost", conn: 3 });
    expect(ready).toMatchObject({ state: "ready", conn: 3 });
  });

  test("a wrong password is told by the broker's reason, and people pass", async () => {
    const passwordFile = folder.write("wrong.password", "guessed\n");
    const gate = await gateWith({ ...credentials, passwordFile });
    await eventually(() => logged(gate, "brokerUnavailable").length > 0, "the refusal");
    expect(logged(gate, "brokerUnavailable")).toMatchObject([
      { level: "warn", why: "refused", code: 135, reason: "Not authorized" },
    ]);
    await admitted();
    await gone();
    await stopped(gate, "SIGTERM");
    expect(gate.out()).not.toContain("guessed");
  });

  test("a broker that another authority vouches for gets nothing, and people pass", async () => {
    const stranger = join(folder.path, "stranger.pem");
    makeAuthority(join(folder.path, "stranger.key"), stranger);
    const gate = await gateWith({ ...credentials, caFile: stranger });
    await eventually(() => logged(gate, "brokerUnavailable").length > 0, "the refusal");
    expect(logged(gate, "brokerUnavailable")).toMatchObject([
      { level: "warn", why: "tlsRefused", remedy: expect.stringContaining("caFile") as unknown },
    ]);
    await admitted();
    await gone();
    await stopped(gate, "SIGTERM");
  });
});

const EC_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

/** Paths of a temporary folder hold no blanks. */
function openssl(line: string): void {
  execFileSync("openssl", line.split(" "), { stdio: "ignore" });
}

function makeAuthority(key: string, certificate: string): void {
  openssl(`req -x509 ${EC_KEY} -days 2 -subj /CN=site -keyout ${key} -out ${certificate}`);
}

/** An authority, and a certificate for 127.0.0.1 that it signed. */
function makeCertificates(folder: GateFolder) {
  const file = (name: string) => join(folder.path, name);
  const [authority, authorityKey, request] = [file("ca.pem"), file("ca.key"), file("broker.csr")];
  const [certificate, key] = [file("broker.pem"), file("broker.key")];
  makeAuthority(authorityKey, authority);
  openssl(`req -new ${EC_KEY} -subj /CN=broker -keyout ${key} -out ${request}`);
  const names = folder.write("names", "subjectAltName=IP:127.0.0.1\n");
  const signing = `-CA ${authority} -CAkey ${authorityKey} -CAcreateserial -extfile ${names}`;
  openssl(`x509 -req -days 2 -in ${request} ${signing} -out ${certificate}`);
  return { authority, certificate, key };
}
