import { request as httpRequest } from "node:http";

/** What the API answered, as it stood on the wire. */
export type ApiAnswer = {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
};

/** Asks the API, with `"POST /proxies"` for a line. `fetch` would repair paths and follow redirects. */
export async function sendToApi(
  apiUrl: string,
  line: string,
  more: { body?: string | undefined; headers?: Record<string, string> } = {},
): Promise<ApiAnswer> {
  const [method = "GET", path = "/"] = line.split(" ");
  const { hostname, port } = new URL(apiUrl);
  return await new Promise((resolve, reject) => {
    const request = httpRequest({ method, path, hostname, port, headers: more.headers ?? {} }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, headers, body: Buffer.concat(chunks).toString() });
      });
    });
    request.on("error", reject);
    request.end(more.body ?? "");
  });
}
