/**
 * Attention as a port: a processor that dozes between the steps of a reading takes long to wake, and a
 * reading has dozens of steps. While a person waits, the machine does not doze.
 */
export interface Attention {
  /** Keeps the processor awake until the returned function is called. */
  pay(): () => void;
}

/** In virtual time nothing dozes. */
export const noAttention: Attention = { pay: () => () => undefined };
