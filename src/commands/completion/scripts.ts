/** The shells with completion. */
export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * The code that a shell evaluates. Names in the database are data of others: no script lets the shell expand a word, and each
 * passes words as they are typed, without their quotes, or has the program quote them.
 */
export const SCRIPTS: Record<Shell, string> = {
  bash: `_webmacs() {
  local line kind=
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $kind ]]; then kind=$line; else COMPREPLY+=("$line"); fi
  done < <(command webmacs __complete bash "\${COMP_LINE:0:COMP_POINT}" "$2" "$COMP_TYPE" 2>/dev/null)
  if [[ $kind == files ]]; then compopt -o default; fi
}
complete -F _webmacs webmacs
`,
  zsh: String.raw`#compdef webmacs
_webmacs() {
  local -a lines values shown
  local line described=
  lines=("${'$'}{(@f)$(command webmacs __complete zsh "${'$'}{(@Q)words[2,CURRENT-1]}" "${'$'}{(Q)PREFIX}" 2>/dev/null)}")
  if [[ $PREFIX == --*=* ]]; then compset -P 1 '*='; fi
  if [[ $lines[1] == files ]]; then _files; return; fi
  for line in "${'$'}{(@)lines[2,-1]}"; do
    values+=("${'$'}{line%%$'\t'*}")
    if [[ -n ${'$'}{line#*$'\t'} ]]; then described=1; shown+=("${'$'}{line/$'\t'/  -- }"); else shown+=("${'$'}{line%%$'\t'*}"); fi
  done
  if [[ -n $described ]]; then compadd -l -d shown -a values; else compadd -a values; fi
}
if [[ $funcstack[1] == _webmacs ]]; then _webmacs "$@"; else compdef _webmacs webmacs; fi
`,
  fish: String.raw`function __webmacs_complete
  set -l before (commandline -opc)
  set -l typed (commandline -ct)
  set -l current (string unescape -- $typed; or string unescape -- $typed\"; or string unescape -- $typed\')
  set -l lines (command webmacs __complete fish $before[2..-1] "$current" 2>/dev/null)
  if test "$lines[1]" = files
    set -l option (string match -r -- '^--[^=]*=' "$current")
    printf '%s\n' $option(__fish_complete_path (string replace -r -- '^--[^=]*=' '' "$current"))
  else
    printf '%s\n' $lines[2..-1]
  end
end
complete -c webmacs -f -a '(__webmacs_complete)'
`,
  // A word is marked, since an empty argument would be lost on the way.
  powershell: String.raw`Register-ArgumentCompleter -Native -CommandName webmacs -ScriptBlock {
  param($typed, $ast, $position)
  $before = @($ast.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object {
    if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
  })
  $current = [char]1 + ($typed -replace '^[''"]', '' -replace '[''"]$', '')
  $lines = @(& webmacs __complete powershell @before $current 2>$null)
  $lines | Select-Object -Skip 1 | ForEach-Object {
    $value, $about = $_ -split ${'"`t"'}, 2
    $word = if ($value -match '^[\w./:=-]+$') { $value } else { "'" + ($value -replace "'", "''") + "'" }
    $tip = if ($about) { $about } else { $value }
    [System.Management.Automation.CompletionResult]::new($word, $value, 'ParameterValue', $tip)
  }
}
`,
};
