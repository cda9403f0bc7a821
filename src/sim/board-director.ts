/**
 * The director's requests carried out on a board: cards come and go, somebody types, faults are set, records are read.
 * JSON from the socket is checked here before anything happens.
 */
import { parseHex } from "../bytes/hex.ts";
import { err, ok, type Result } from "../result.ts";
import type { VirtualBoard } from "./board.ts";
import type { BoardRecords, DirectorReplies, RecordedEdge } from "./board-protocol.ts";
import type { CieApplication } from "./cards/cie.ts";
import { parseCardSpec } from "./cards/make-card.ts";
import type { EmrtdApplication } from "./emrtd/emrtd-application.ts";
import { type FaultRates, NO_FAULTS, type StuckLine } from "./faults.ts";
import { isJsonObject } from "./json-object.ts";
import type { LatenessReport } from "./lateness.ts";

type Json = Readonly<Record<string, unknown>>;
type Reply = DirectorReplies[keyof DirectorReplies];

/** Oldest edges and records of cards beyond these are dropped; a card with two sides has two. */
const MAX_EDGES = 100_000;
const MAX_SIDES = 1_000;
/** More than anybody types, and enough for a scanner gone mad. */
const MAX_TYPED_BYTES = 4_096;

export class BoardDirector {
  readonly #board: VirtualBoard;
  readonly #lateness: () => LatenessReport;
  readonly #edges: RecordedEdge[] = [];
  readonly #cards: (CieApplication | EmrtdApplication)[] = [];

  constructor(board: VirtualBoard, lateness: () => LatenessReport) {
    this.#board = board;
    this.#lateness = lateness;
  }

  /** Keeps an output edge with what the taps were at that instant, and gives it back for those who watch. */
  record(edge: Omit<RecordedEdge, "taps">): RecordedEdge {
    const taps = this.#board.readers().flatMap(({ wiring }) => this.#board.snapshotTap(wiring.node) ?? []);
    const recorded = { ...edge, taps };
    if (this.#edges.length === MAX_EDGES) this.#edges.shift();
    this.#edges.push(recorded);
    return recorded;
  }

  /** One request; the error is a sentence for the director. */
  carryOut(request: unknown): Result<Reply, string> {
    if (!isJsonObject(request)) return err("a request is an object");
    switch (request["do"]) {
      case "edges": {
        const sinceUs = Number(request["sinceUs"]);
        return ok(this.#edges.filter(({ timeUs }) => timeUs >= sinceUs));
      }
      case "records":
        return ok(this.#records());
      case "lateness":
        return ok(this.#lateness());
      case "now":
        return ok(this.#board.timeline.nowUs());
      case "type":
        return this.#type(request);
      default:
        return this.#atReader(request);
    }
  }

  #records(): BoardRecords {
    return {
      unhandled: this.#board.readers().flatMap(({ chip }) => chip.unhandled),
      unexpected: this.#cards.flatMap(({ unexpected }) => unexpected),
      tripwires: this.#cards.reduce((sum, { tripwires }) => sum + tripwires, 0),
      filesRead: [...new Set(this.#cards.flatMap(({ filesRead }) => [...filesRead]))].sort(),
    };
  }

  #atReader(request: Json): Result<null, string> {
    const node = String(request["node"]);
    if (!this.#board.hasReader(node)) return err(`no reader is wired to ${node}`);
    switch (request["do"]) {
      case "place":
        return this.#place(node, request);
      case "remove":
        this.#board.remove(node);
        return ok(null);
      case "setFaults": {
        const rates = parseRates(request["rates"]);
        if (rates.ok) this.#board.setFaults(node, rates.value);
        return rates.ok ? ok(null) : rates;
      }
      case "setStuckIrq": {
        const stuck = STUCK_LINES.find((line) => line === request["stuck"]);
        if (stuck !== undefined) this.#board.setStuckIrq(node, stuck);
        return stuck === undefined ? err("stuck must be free, high or low") : ok(null);
      }
      default:
        return err(`unknown request ${String(request["do"])}`);
    }
  }

  #place(node: string, request: Json): Result<null, string> {
    const spec = parseCardSpec(request["card"]);
    if (!spec.ok) return spec;
    const board = this.#board;
    const made =
      request["when"] === "nextTry" ? board.placeAtNextTry(node, spec.value) : board.place(node, spec.value);
    for (const side of [made.cie, made.emrtd]) if (side !== undefined) this.#cards.push(side);
    if (this.#cards.length > MAX_SIDES) this.#cards.splice(0, this.#cards.length - MAX_SIDES);
    return ok(null);
  }

  #type(request: Json): Result<null, string> {
    const node = String(request["node"]);
    if (!this.#board.hasEntry(node)) return err(`no keypad or scanner is wired to ${node}`);
    const { hex } = request;
    const bytes = typeof hex === "string" && hex.length <= MAX_TYPED_BYTES * 2 ? parseHex(hex) : undefined;
    if (bytes === undefined) return err(`hex must be at most ${MAX_TYPED_BYTES} bytes in hexadecimal`);
    this.#board.type(node, bytes);
    return ok(null);
  }
}

const STUCK_LINES: readonly StuckLine[] = ["free", "high", "low"];

function parseRates(json: unknown): Result<Partial<FaultRates>, string> {
  if (!isJsonObject(json)) return err("rates are an object");
  const wrong = Object.entries(json).find(([kind, rate]) => !(kind in NO_FAULTS) || !isProbability(rate));
  return wrong === undefined ? ok(json) : err(`${wrong[0]} is no fault, or its rate is not from 0 to 1`);
}

const isProbability = (rate: unknown): boolean => typeof rate === "number" && rate >= 0 && rate <= 1;
