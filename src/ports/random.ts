/** Chance as a port, injected as bytes so that published examples and seeded runs can be replayed. */
export interface Random {
  /** `lengthBytes` fresh bytes; from the system's generator except in simulation. */
  bytes(lengthBytes: number): Uint8Array;
}
