/**
 * `varco doctor`: everything that can be checked without moving a relay, each finding with its remedy. Exit 0
 * when nothing fails (warnings allowed), 1 otherwise.
 */
import { loadConfig } from "../../config/load-config.ts";
import type { Config } from "../../config/schema.ts";
import { buildTime } from "../build-time.ts";
import { type CommandIo, DEFAULT_CONFIG, EXIT, type Execute } from "../command.ts";
import { whatIsWrongWith } from "../describe-error.ts";
import { checkBroker } from "../doctor/broker-check.ts";
import { checkBuses } from "../doctor/bus-checks.ts";
import { checkCertificate } from "../doctor/certificate-check.ts";
import { bad, type Check, checkLine, doubtful, well } from "../doctor/check.ts";
import { hostAt } from "../doctor/host.ts";
import { checkBoardHost, checkHost } from "../doctor/host-checks.ts";
import { checkBoard, checkClock, checkNode } from "../doctor/machine-checks.ts";
import { checkReaders } from "../doctor/reader-check.ts";
import { checkDelivery, checkSiteKey, checkStorage } from "../doctor/storage-checks.ts";
import { checkTrust } from "../doctor/trust-check.ts";

export const doctorCommand: Execute = async ({ texts, flags }, io) => {
  const checks: Check[] = [];
  for await (const check of allChecks(texts["config"] ?? DEFAULT_CONFIG, io)) {
    checks.push(check);
    if (!flags.has("json")) io.out(checkLine(check, io.colour));
  }
  const failures = checks.filter(({ status }) => status === "fail").length;
  if (flags.has("json")) io.out(JSON.stringify({ ok: failures === 0, checks }));
  return failures === 0 ? EXIT.done : EXIT.negative;
};

async function* allChecks(file: string, io: CommandIo): AsyncGenerator<Check> {
  yield checkNode(process.versions.node);
  const loaded = await loadConfig(file);
  for (const problem of loaded.ok ? loaded.value.warnings : loaded.error) {
    const report = problem.severity === "error" ? bad : doubtful;
    yield report("configuration", whatIsWrongWith(problem), problem.remedy);
  }
  if (loaded.ok) {
    yield well("configuration", `${file} is valid`);
    yield* gateChecks(loaded.value.config, io);
  }
  yield await checkClock();
  yield* await checkHost(hostAt("/"), await buildTime());
}

async function* gateChecks(config: Config, { clock }: CommandIo): AsyncGenerator<Check> {
  yield checkSiteKey(config);
  yield* await checkStorage(config, clock);
  yield* checkTrust(config, clock.wallTime());
  if (config.board.kind === "raspberryPi") {
    yield* await checkBoard();
    yield* checkBuses(config.doors.map(({ reader }) => reader));
    yield* await checkBoardHost(hostAt("/"));
  }
  yield* await checkReaders(config, clock);
  if (config.mqtt === undefined) return;
  yield await checkCertificate(config.mqtt, clock.wallTime());
  yield await checkBroker(config, config.mqtt, clock);
  yield checkDelivery(config);
}
