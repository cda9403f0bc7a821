/**
 * Every typed error as one sentence for people: what is wrong and what to do about it. The only place that
 * turns kinds into prose; no sentence carries a cause's own message, which could quote anything.
 */
import type { ConfigProblem } from "../config/config-problem.ts";
import type { KeyFileError } from "../crypto/key-file.ts";
import type { OpenError } from "../journal/database.ts";
import type { TrustChangeError } from "../journal/trust-register.ts";
import type { BusError, GpioError } from "../ports/bus.ts";
import type { LinkError, ReaderError } from "../ports/card.ts";
import type { PseudoTerminalError } from "../sim/pseudo-terminal.ts";
import type { VpcdUnreachable } from "../sim/vpcd-card.ts";
import type { SinkError } from "./commands/export-sink.ts";
import type { TrustError } from "./live-store.ts";
import type { PinMapError } from "./pin-map.ts";
import type { LockError } from "./process-lock.ts";
import type { RelayOffError } from "./relay-off.ts";
import type { StateDirectoryError } from "./state-directory.ts";
import type { VpcdPortUnusable } from "./vpcd-reader.ts";

export type AppError =
  | BusError
  | GpioError
  | ReaderError
  | LinkError
  | OpenError
  | KeyFileError
  | LockError
  | StateDirectoryError
  | RelayOffError
  | VirtualPlaceError
  | TrustError
  | TrustChangeError
  | SinkError;

/** What is wrong and what to do about it, without a line break. */
export function describeError(error: AppError): string {
  const remedy = remedyOf(error);
  return remedy === undefined ? whatIsWrong(error) : `${whatIsWrong(error)}: ${remedy}`;
}

/** What to do about an error, where its kind does not say it already. */
export function remedyOf(error: AppError): string | undefined {
  if (error.kind === "bus" || error.kind === "line" || error.kind === "readerFailed")
    return remedyOf(error.error);
  return "remedy" in error ? error.remedy : undefined;
}

/** A problem of the configuration on one line, place first. */
export function describeProblem(problem: ConfigProblem): string {
  return `${whatIsWrongWith(problem)}; ${problem.remedy}`;
}

/** The same without what to do. */
export function whatIsWrongWith({ path, line, severity, found, allowed }: ConfigProblem): string {
  const place = [path, line === undefined ? "" : `line ${line}`].filter((part) => part !== "").join(", ");
  return `${severity}${place === "" ? "" : ` at ${place}`}: found ${found}; allowed is ${allowed}`;
}

const RUN_DOCTOR = "run varco doctor";

type ChipError = Extract<ReaderError, { kind: `chip${string}` }>;

const PROTECTIONS = {
  overTemperature: "the reader is too hot and has switched its antenna off: give it air",
  overCurrent:
    "the reader draws too much current and has switched its antenna off: keep metal away from the antenna",
} as const;

/** What is wrong, without what to do. */
export function whatIsWrong(error: AppError): string {
  switch (error.kind) {
    case "permissionDenied":
      return `no permission for ${"node" in error ? error.node : error.file}`;
    case "nodeMissing":
    case "packageMissing":
    case "busFailed":
    case "gpioChipMissing":
    case "gpioUnavailable":
    case "gpioFailed":
      return whatIsWrongWithBoard(error);
    case "bus":
    case "line":
    case "readerFailed":
      return whatIsWrong(error.error);
    case "chipSilent":
    case "chipGarbled":
    case "chipRefused":
    case "chipProtection":
      return whatIsWrongWithChip(error);
    case "cardLost":
      return `the card left the field (status ${hexByte(error.status)}): hold it still until the tone`;
    case "cardGarbled":
      return `the card breaks the transport protocol (${error.why})`;
    case "diskFull":
    case "corrupt":
    case "unavailable":
    case "newerSchema":
      return whatIsWrongWithDatabase(error);
    case "keyMissing":
    case "keyUnreadable":
    case "keyExposed":
    case "keyMalformed":
      return whatIsWrongWithKey(error);
    case "readerBusy":
      return `another varco process holds ${error.node}`;
    case "lockFailed":
      return `the reader ${error.node} cannot be reserved for this process`;
    case "stateDirectoryUnusable":
      return `the state directory ${error.directory} cannot be used`;
    case "pinMapMissing":
    case "pinMapCorrupt":
    case "pinMapUnwritable":
      return whatIsWrongWithPinMap(error);
    case "socatMissing":
    case "linkTaken":
    case "terminalFailed":
    case "vpcdUnreachable":
    case "vpcdPortUnusable":
      return whatIsWrongWithVirtualPlace(error);
    case "trustStoreEmpty":
    case "trustStoreWithoutSealers":
    case "trustStoreDamaged":
    case "trustStoreChanged":
      return whatIsWrongWithTrust(error);
    case "relayStuck":
      return `the relay on GPIO ${error.line} was put off but its pin still reads on`;
    case "sinkFailed":
      return `${error.file} cannot be written`;
  }
}

type BoardError = Exclude<BusError | GpioError, { kind: "permissionDenied" }>;

function whatIsWrongWithBoard(error: BoardError): string {
  switch (error.kind) {
    case "nodeMissing":
      return `${error.node} does not exist`;
    case "packageMissing":
      return `the native package for ${error.node} is not installed`;
    case "busFailed":
      return `a transfer on ${error.node} failed: check the wiring and ${RUN_DOCTOR}`;
    case "gpioChipMissing":
      return `no GPIO chip of a Raspberry Pi found (seen: ${error.seen.join(", ") || "none"})`;
    case "gpioUnavailable":
      return `GPIO ${error.line} cannot be taken`;
    case "gpioFailed":
      return `GPIO ${error.line} does not obey: check that nothing else uses it and ${RUN_DOCTOR}`;
  }
}

function whatIsWrongWithChip(error: ChipError): string {
  switch (error.kind) {
    case "chipSilent":
      return "the reader does not answer";
    case "chipGarbled":
      return `the reader's answers are no PN532's (bytes seen: ${error.observed})`;
    case "chipRefused":
      return `the reader refused ${error.command} with status ${hexByte(error.status)}: ${RUN_DOCTOR}`;
    case "chipProtection":
      return PROTECTIONS[error.cause];
  }
}

type DatabaseError = Exclude<OpenError, { kind: "permissionDenied" }>;

function whatIsWrongWithDatabase(error: DatabaseError): string {
  switch (error.kind) {
    case "diskFull":
      return "the disk is full";
    case "corrupt":
      return `${error.file} is damaged`;
    case "unavailable":
      return `${error.file} cannot be used`;
    case "newerSchema":
      return `${error.file} was written by a later version of varco`;
  }
}

function whatIsWrongWithKey({ kind, file }: KeyFileError): string {
  switch (kind) {
    case "keyMissing":
      return `there is no key file ${file}`;
    case "keyUnreadable":
      return `the key file ${file} cannot be read`;
    case "keyExposed":
      return `others can read the key file ${file}`;
    case "keyMalformed":
      return `${file} holds no usable key`;
  }
}

function whatIsWrongWithPinMap({ kind, file }: PinMapError): string {
  switch (kind) {
    case "pinMapMissing":
      return `there is no pin map ${file}`;
    case "pinMapCorrupt":
      return `the pin map ${file} cannot be read or makes no sense`;
    case "pinMapUnwritable":
      return `the pin map ${file} cannot be written`;
  }
}

type TrustStoreError = Extract<AppError, { kind: `trustStore${string}` }>;

function whatIsWrongWithTrust(error: TrustStoreError): string {
  switch (error.kind) {
    case "trustStoreEmpty":
      return "the trust store has no certificate of a country that this gate accepts";
    case "trustStoreWithoutSealers":
      return "the trust store knows nobody who makes visible seals";
    case "trustStoreDamaged":
      return `the trust store in ${error.file} is not what was imported, and nothing of it is trusted`;
    case "trustStoreChanged":
      return "the trust store is not the one that the file was checked against any more";
  }
}

/** Where something virtual meets a program that takes it for real. */
type VirtualPlaceError = PseudoTerminalError | VpcdUnreachable | VpcdPortUnusable;

function whatIsWrongWithVirtualPlace(error: VirtualPlaceError): string {
  switch (error.kind) {
    case "socatMissing":
      return "the program socat is not installed";
    case "linkTaken":
      return `${error.link} exists already`;
    case "terminalFailed":
      return `no pseudo-terminal can be made at ${error.link}`;
    case "vpcdUnreachable":
      return `no virtual reader listens at ${error.address.host}:${error.address.port}`;
    case "vpcdPortUnusable":
      return `port ${error.port} cannot be listened on`;
  }
}

const hexByte = (value: number): string => value.toString(16).toUpperCase().padStart(2, "0");
