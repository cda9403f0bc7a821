/**
 * The schema's verdict in words for the person who wrote the file. What is allowed at a place is read from
 * the same description that the published JSON Schema carries.
 */
import type { z } from "zod";
import { type ConfigPath, describeFound, type Finding, nearestKey } from "./config-problem.ts";
import { configJsonSchema } from "./schema.ts";

/** A part of the published JSON Schema. */
type SchemaNode = z.core.JSONSchema.BaseSchema;

/** Every issue of a parse as a finding; `root` is the value that was parsed. */
export function schemaFindings(root: unknown, issues: readonly z.core.$ZodIssue[]): readonly Finding[] {
  const schema = configJsonSchema();
  return issues.flatMap((issue) => {
    const path = issue.path.filter((part) => typeof part !== "symbol");
    const nodes = nodesAt(schema, path);
    return issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => unknownKey([...path, key], key, keysOf(nodes)))
      : [wrongValue(path, valueAt(root, path), allowedBy(nodes))];
  });
}

function unknownKey(path: ConfigPath, key: string, known: readonly string[]): Finding {
  const meant = nearestKey(key, known);
  return {
    severity: "error",
    path,
    found: "a key that is not known here",
    allowed: `one of ${known.join(", ")}`,
    remedy: meant === undefined ? "remove it" : `did you mean ${meant}?`,
  };
}

function wrongValue(path: ConfigPath, value: unknown, allowed: string): Finding {
  return {
    severity: "error",
    path,
    found: describeFound(path, value),
    allowed,
    remedy: value === undefined ? `add ${String(path.at(-1) ?? "the configuration")}` : "correct the value",
  };
}

function allowedBy(nodes: readonly SchemaNode[]): string {
  const described = nodes.find((node) => node.description !== undefined)?.description;
  return described ?? `a section with ${keysOf(nodes).join(", ")}`;
}

function keysOf(nodes: readonly SchemaNode[]): readonly string[] {
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

/** The schema nodes that may govern `path`: several where a section has alternatives. */
function nodesAt(root: SchemaNode, path: ConfigPath): readonly SchemaNode[] {
  const children = (node: SchemaNode, part: string | number): readonly SchemaNode[] => {
    const child = typeof part === "number" ? node.items : node.properties?.[part];
    return typeof child === "object" && !Array.isArray(child) ? alternatives(child) : [];
  };
  return path.reduce<readonly SchemaNode[]>(
    (nodes, part) => nodes.flatMap((node) => children(node, part)),
    alternatives(root),
  );
}

const alternatives = (node: SchemaNode): readonly SchemaNode[] => node.oneOf ?? [node];

function valueAt(root: unknown, path: ConfigPath): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = Reflect.get(value, part) as unknown;
  }
  return value;
}
