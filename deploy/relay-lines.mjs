/**
 * Tells how the relay lines of a configuration differ from those of the last start, one difference a line:
 * `relay-lines.mjs compare CONFIGURATION STATE_DIRECTORY`. Exit 0 when there is none, 4 when there are some,
 * 3 when the configuration cannot be used.
 *
 * With `accept` the configured lines take the place of the stored ones. They must, before a rewired gate starts:
 * its first act puts the stored relays off, and what is off for an active-high relay is on for an active-low one.
 */
import { pinMapOf, readPinMap, writePinMap } from "../dist/src/app/pin-map.js";
import { loadConfig } from "../dist/src/config/load-config.js";

const EXIT = { same: 0, different: 4, unusable: 3 };
const NO_RELAY = "no relay";

process.exitCode = await main(process.argv.slice(2));

async function main([act, configuration, stateDirectory]) {
  const loaded = await loadConfig(configuration);
  if (!loaded.ok) return EXIT.unusable;
  const configured = pinMapOf(loaded.value.config);
  if (act === "accept") return accept(stateDirectory, configured);
  const found = differences(await readPinMap(stateDirectory), configured);
  for (const line of found) process.stdout.write(`  ${line}\n`);
  return found.length === 0 ? EXIT.same : EXIT.different;
}

async function accept(stateDirectory, configured) {
  const written = await writePinMap(stateDirectory, configured);
  if (written.ok) return EXIT.same;
  process.stderr.write(`${written.error.file} cannot be written: ${written.error.remedy}\n`);
  return EXIT.unusable;
}

/** In words; every configured relay is a difference when no readable map is stored. */
function differences(stored, configured) {
  const unreadable = !stored.ok && stored.error.kind !== "pinMapMissing";
  const before = levels(stored.ok ? stored.value.relays : []);
  const after = levels(configured.relays);
  const lines = [...new Set([...before.keys(), ...after.keys()])].sort((a, b) => a - b);
  const sameBoard = !stored.ok || stored.value.board.kind === configured.board.kind;
  return [
    ...(unreadable ? ["the relay lines of the last start cannot be read"] : []),
    ...(sameBoard ? [] : [`board: ${stored.value.board.kind} → ${configured.board.kind}`]),
    ...lines.flatMap((line) => difference(line, before.get(line) ?? NO_RELAY, after.get(line) ?? NO_RELAY)),
  ];
}

function difference(line, before, after) {
  if (before === after) return [];
  const reversed = before !== NO_RELAY && after !== NO_RELAY;
  const warning = reversed ? " (reversed: off on the old relay board is on on the new one)" : "";
  return [`GPIO${line}: ${before} → ${after}${warning}`];
}

function levels(relays) {
  return new Map(relays.map(({ line, activeLevel }) => [line, `active ${activeLevel}`]));
}
