import { type Comment, parseSync, type Program } from "oxc-parser";

import { lineAt } from "./module-imports.ts";
import type { SourceFile } from "./source-tree.ts";

type TopLevelNode = Program["body"][number];

/** What a node at the top level declares; overloads of one function are several declarations of one name. */
type TopLevelDeclaration = { readonly name: string; readonly isExported: boolean; readonly start: number };

/**
 * The exported declarations of a file that have no doc comment directly above them, as `src/a.ts:3 exports name …`.
 *
 * A name that is exported apart from its declaration (`export { name }`) needs the comment where it is declared. The
 * signatures of an overloaded function share the comment of the first.
 */
export function findUndocumentedExports(file: SourceFile): readonly string[] {
  const { program, comments } = parseSync(file.path, file.text);
  const listed = namesExportedApart(program);
  const declarations = program.body.flatMap(declarationIn);
  return declarations
    .filter(({ name, isExported }) => isExported || listed.has(name))
    .filter(({ start }) => !hasDocComment(file.text, comments, start))
    .map(
      ({ name, start }) => `${file.path}:${lineAt(file.text, start)} exports ${name} without a doc comment above it.`,
    );
}

function namesExportedApart(program: Program): ReadonlySet<string> {
  const names = program.body.flatMap((node) =>
    node.type === "ExportNamedDeclaration" && node.source === null
      ? node.specifiers.map(({ local }) => ("name" in local ? local.name : local.value))
      : [],
  );
  return new Set(names);
}

function declarationIn(node: TopLevelNode, index: number, body: readonly TopLevelNode[]): TopLevelDeclaration[] {
  const name = declaredName(node);
  if (name === undefined || continuesOverload(node, body[index - 1])) return [];
  return [{ name, isExported: node.type.startsWith("Export"), start: node.start }];
}

function continuesOverload(node: TopLevelNode, previous: TopLevelNode | undefined): boolean {
  if (previous === undefined || declaredName(node) !== declaredName(previous)) return false;
  return withoutExport(previous)?.type === "TSDeclareFunction";
}

function declaredName(node: TopLevelNode): string | undefined {
  if (node.type === "ExportDefaultDeclaration") return "default";
  const declaration = withoutExport(node);
  switch (declaration?.type) {
    case "VariableDeclaration":
      return declaration.declarations.map(({ id }) => (id.type === "Identifier" ? id.name : "a pattern")).join(", ");
    case "FunctionDeclaration":
    case "TSDeclareFunction":
    case "ClassDeclaration":
    case "TSTypeAliasDeclaration":
    case "TSInterfaceDeclaration":
    case "TSEnumDeclaration":
      return declaration.id?.name;
    default:
      return undefined;
  }
}

function withoutExport(node: TopLevelNode): TopLevelNode | undefined {
  return node.type === "ExportNamedDeclaration" ? (node.declaration ?? undefined) : node;
}

function hasDocComment(text: string, comments: readonly Comment[], start: number): boolean {
  return comments.some(
    ({ type, value, end }) =>
      type === "Block" && value.startsWith("*") && end <= start && /^[ \t]*\r?\n[ \t]*$/.test(text.slice(end, start)),
  );
}
