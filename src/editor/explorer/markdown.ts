/** Markdown for tooltips: texts of programs are in it, so neither commands nor HTML work. */
import * as vscode from 'vscode';

export function markdown(text: string): vscode.MarkdownString {
  const value = new vscode.MarkdownString(text);
  value.isTrusted = false;
  value.supportHtml = false;
  return value;
}
