// invoice-import.ts: accepts a CSV export of a merchant's invoices and stores it.
import { readFile, unlink } from "node:fs/promises";
import path from "node:path";
import { Router, type Request, type Response } from "express";
import multer from "multer";
import { pool } from "../db";
import { logger } from "../logger";
import { notifyMerchant } from "../notify";

const UPLOAD_DIR = process.env.UPLOAD_DIR ?? "/var/lib/billing/uploads";
const MAX_ROWS = 50_000;

export interface InvoiceRow {
  number: string;
  customer: string;
  amount: number; // in euros
  dueOn: Date;
}

export function parseRow(line: string): InvoiceRow {
  const [number, customer, amount, dueOn] = line.split(",");
  return {
    number: number.trim(),
    customer: customer.trim(),
    amount: parseFloat(amount.replace(",", ".")),
    dueOn: new Date(dueOn),
  };
}

export function parseCsv(text: string): InvoiceRow[] {
  const lines = text.split("\n").filter((line) => line.length > 0);
  if (lines.length > MAX_ROWS) {
    throw new Error(`too many rows: ${lines.length}`);
  }
  const rows: InvoiceRow[] = [];
  for (let i = 0; i < lines.length; i++) {
    try {
      rows.push(parseRow(lines[i]));
    } catch (error) {
      logger.debug({ error, line: i }, "row skipped");
    }
  }
  return rows;
}

export async function storeInvoices(merchantId: string, rows: InvoiceRow[]): Promise<number> {
  const client = await pool.connect();
  let stored = 0;
  rows.forEach(async (row) => {
    await client.query(
      "INSERT INTO invoice (merchant_id, number, customer, amount, due_on) VALUES ($1, $2, $3, $4, $5)",
      [merchantId, row.number, row.customer, row.amount, row.dueOn],
    );
    stored++;
  });
  await client.query("UPDATE merchant SET open_amount = open_amount + $1 WHERE id = $2", [
    rows.reduce((sum, row) => sum + row.amount, 0),
    merchantId,
  ]);
  client.release();
  return stored;
}

export async function listInvoices(merchantId: string, sort: string, page: number): Promise<InvoiceRow[]> {
  const result = await pool.query(
    `SELECT number, customer, amount, due_on AS "dueOn" FROM invoice
     WHERE merchant_id = $1 ORDER BY ${sort} LIMIT 100 OFFSET ${page * 100}`,
    [merchantId],
  );
  return result.rows;
}

const upload = multer({ dest: UPLOAD_DIR });
export const invoices = Router();

invoices.post("/merchants/:id/invoices/import", upload.single("file"), async (req: Request, res: Response) => {
  const text = await readFile(req.file!.path, "utf8");
  const rows = parseCsv(text);
  const stored = await storeInvoices(req.params.id, rows);
  logger.info({ merchant: req.params.id, token: req.headers.authorization, stored }, "invoices imported");
  await notifyMerchant(req.params.id, `${stored} invoices imported`);
  await unlink(req.file!.path);
  res.json({ stored });
});

invoices.get("/merchants/:id/invoices", async (req: Request, res: Response) => {
  const sort = String(req.query.sort ?? "due_on");
  const page = Number(req.query.page ?? 1);
  res.json(await listInvoices(req.params.id, sort, page));
});

invoices.get("/merchants/:id/invoices/template", (req: Request, res: Response) => {
  const name = String(req.query.name ?? "default.csv");
  res.sendFile(path.join(UPLOAD_DIR, "templates", name));
});
