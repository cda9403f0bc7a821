/**
 * Runs any card protocol under a session of secure messaging: the protocol yields plain commands and sees plain
 * answers, the card sees protected ones. As the plain runner does, it repeats a command once with the Le that
 * `6Cxx` names and passes `6282` on as a good answer, so that a protocol is the same under both.
 */
import { describeCommand } from "../apdu/command.ts";
import { permitsInSession } from "../apdu/command-guard.ts";
import { type Asked, type Exchange, leave } from "../apdu/exchange.ts";
import type { ResponseApdu } from "../apdu/response.ts";
import { SW_END_OF_FILE, SW_OK, SW1_WRONG_LE } from "../apdu/status-words.ts";
import { ok } from "../result.ts";
import type { SecureMessagingError, SecureSession } from "./secure-messaging.ts";

/**
 * `protocol` with every command protected by `session`. Fails with the protocol's own error, or with the session's
 * as soon as the chip breaks it; the session has ended then and refuses whatever follows. However it ends, the
 * protocol's own `finally` has run.
 */
export function* secured<T, E>(
  session: SecureSession,
  protocol: Exchange<T, E | SecureMessagingError>,
): Exchange<T, E | SecureMessagingError> {
  try {
    let step = protocol.next();
    while (step.done !== true) {
      const answer = yield* exchanged(session, step.value);
      if (!answer.ok) return answer;
      step = protocol.next(answer.value);
    }
    return step.value;
  } finally {
    leave(protocol);
  }
}

function* exchanged(session: SecureSession, command: Asked): Exchange<ResponseApdu, SecureMessagingError> {
  let answer = yield* exchangedOnce(session, command);
  if (answer.ok && answer.value.sw >> 8 === SW1_WRONG_LE) {
    answer = yield* exchangedOnce(session, { ...command, le: answer.value.sw & 0xff || 256 });
  }
  if (!answer.ok || answer.value.sw !== SW_END_OF_FILE) return answer;
  return ok({ data: answer.value.data, sw: SW_OK });
}

function* exchangedOnce(
  session: SecureSession,
  command: Asked,
): Exchange<ResponseApdu, SecureMessagingError> {
  if (!permitsInSession(command)) throw new Error(`${describeCommand(command)} must never be sent here`);
  const sent = session.protect(command);
  if (!sent.ok) return sent;
  return session.unprotect(yield { ...sent.value, meanwhile: command.meanwhile });
}
