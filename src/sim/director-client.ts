/**
 * The director of a virtual board in another process: places and removes cards, sets faults, and learns
 * what the outputs did and where the time of the taps went.
 */
import type { BusError } from "../ports/bus.ts";
import { err, ok, type Result } from "../result.ts";
import { openBoardLink } from "./board-link.ts";
import { type DirectorReplies, type DirectorRequest, MESSAGE, type RecordedEdge } from "./board-protocol.ts";
import type { Message } from "./message-stream.ts";

/** The socket failed, or the board refused; `why` is its sentence. */
export type DirectorError = BusError | { readonly kind: "refused"; readonly why: string };

export interface Director {
  /** One request of `DirectorRequest`, answered as `DirectorReplies` says. */
  ask<Request extends DirectorRequest>(
    request: Request,
  ): Promise<Result<DirectorReplies[Request["do"]], DirectorError>>;
  /** Calls back at each output edge until the returned function is called; `watchEdges` must have been asked. */
  onEdge(listener: (edge: RecordedEdge) => void): () => void;
  close(): void;
}

/** Fails with `nodeMissing` when nobody listens at `socketPath`. */
export async function connectDirector(socketPath: string): Promise<Result<Director, BusError>> {
  const listeners = new Set<(edge: RecordedEdge) => void>();
  const link = await openBoardLink(socketPath, (message) => {
    const edge = parseEdge(message);
    if (edge !== undefined) for (const listener of listeners) listener(edge);
  });
  if (!link.ok) return link;
  return ok({
    async ask(request) {
      const answer = await link.value.ask(
        MESSAGE.director,
        new TextEncoder().encode(JSON.stringify(request)),
      );
      return answer.ok ? parseReply(answer.value) : answer;
    },
    onEdge(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => link.value.close(),
  });
}

/** Both ends of this socket are of one build, so the shape of an answer is the server's word. */
function parseReply<T>(bytes: Uint8Array): Result<T, DirectorError> {
  const reply = JSON.parse(new TextDecoder().decode(bytes)) as Result<T, string>;
  return reply.ok ? reply : err({ kind: "refused", why: reply.error });
}

function parseEdge({ type, payload }: Message): RecordedEdge | undefined {
  return type === MESSAGE.outputEdge
    ? (JSON.parse(new TextDecoder().decode(payload)) as RecordedEdge)
    : undefined;
}
