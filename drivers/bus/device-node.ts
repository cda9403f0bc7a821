/**
 * Why a device node cannot be used, in the words of the person who wires the gate. Shared by the bus
 * adapters; each brings the remedies of its own bus.
 */
import { open } from "node:fs/promises";
import type { BusError } from "../../src/ports/bus.ts";

/** What to do about each kind of failure, as far as the bus decides it. */
export interface NodeRemedies {
  readonly nodeMissing: string;
  readonly permissionDenied: string;
}

/**
 * Opens a node with `flags` and closes it again. `nodeMissing` or `permissionDenied` when that fails; opening
 * is the only question whose answer holds, since access() asks for the real user, not the effective one.
 */
export async function refusalOf(
  node: string,
  flags: string | number,
  remedies: NodeRemedies,
): Promise<BusError | undefined> {
  try {
    await (await open(node, flags)).close();
    return undefined;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    const kind = code === "EACCES" || code === "EPERM" ? "permissionDenied" : "nodeMissing";
    return { kind, node, remedy: remedies[kind], cause };
  }
}
