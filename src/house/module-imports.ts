import { type Expression, parseSync, Visitor } from "oxc-parser";

import type { SourceFile } from "./source-tree.ts";

/** One place where a module names another. */
export type ModuleImport = {
  /** What is named, for example `"../plan/plan.ts"`; undefined where it is computed when the program runs. */
  readonly specifier: string | undefined;
  /** Whether a computed specifier holds a relative path, as `` `../run/${name}.ts` `` does. */
  readonly computedFromPath: boolean;
  /** Whether it is of types alone, so that nothing of it is left when the program runs. */
  readonly isErased: boolean;
  /** The line it stands in, from 1. */
  readonly line: number;
};

/**
 * Every import of a file in whatever form: value, type-only, for side effects, re-export, dynamic, in a type, `require`.
 *
 * @throws Error where the file cannot be parsed: a file that was not understood must never pass for one without imports.
 */
export function importsOf(file: SourceFile): readonly ModuleImport[] {
  const { program, errors } = parseSync(file.path, file.text);
  const problem = errors.find((error) => error.severity === "Error");
  if (problem !== undefined) throw new Error(`${file.path} cannot be parsed: ${problem.message}`);
  const imports: ModuleImport[] = [];
  const add = (source: Expression | null, isErased = false): void => {
    if (source === null) return;
    const specifier = literalText(source);
    const words = file.text.slice(source.start, source.end);
    const computedFromPath = specifier === undefined && /["'`]\.{1,2}\//.test(words);
    imports.push({ specifier, computedFromPath, isErased, line: lineAt(file.text, source.start) });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source, node.importKind === "type"),
    ExportNamedDeclaration: (node) => add(node.source, node.exportKind === "type"),
    ExportAllDeclaration: (node) => add(node.source, node.exportKind === "type"),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source, true),
    TSExternalModuleReference: (node) => add(node.expression),
    CallExpression(node) {
      if (node.callee.type !== "Identifier" || node.callee.name !== "require") return;
      const [first] = node.arguments;
      if (first !== undefined && first.type !== "SpreadElement") add(first);
    },
  }).visit(program);
  return imports;
}

/** The line that an offset into a text lies in, from 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function literalText(source: Expression): string | undefined {
  if (source.type === "Literal") return typeof source.value === "string" ? source.value : undefined;
  if (source.type !== "TemplateLiteral" || source.expressions.length > 0) return undefined;
  return source.quasis[0]?.value.cooked ?? undefined;
}
