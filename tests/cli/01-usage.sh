. "$ROOT/tests/cli/lib.sh"
walk=$SAMPLES/walk.mp4

run; equal "no command" "$status" 2
run help; equal "help" "$status" 0; contains "help lists post" "$out" "post"
run help post; contains "help of post" "$out" "--dry-run"
run --version; equal "version" "$status" 0
run pots x.mp4; equal "unknown command" "$status" 2; contains "nearest command" "$errs" "did you mean 'post'"
run post --dryrun x.mp4; equal "unknown option" "$status" 2; contains "nearest option" "$errs" "--dry-run"
run post; equal "post without a master" "$status" 2
run plan "$walk" --to tictok --state "$T/s"; equal "unknown destination" "$status" 2; contains "nearest destination" "$errs" "did you mean 'tiktok'"
printf '[destination tiktok]\nplatform = tiktok\nprivcy = SELF_ONLY\n' >"$T/c.conf"
run plan "$walk" --config "$T/c.conf" --state "$T/s"; equal "misspelt key" "$status" 2
contains "key: file and line" "$errs" "c.conf:3"; contains "key: suggestion" "$errs" "did you mean 'privacy'"
printf '[rnder]\nreframe = crop\n' >"$T/c.conf"
run plan "$walk" --config "$T/c.conf" --state "$T/s"; equal "misspelt section" "$status" 2; contains "section: suggestion" "$errs" "[render]"
printf '[render]\nreframe = zoom\n' >"$T/c.conf"
run plan "$walk" --config "$T/c.conf" --state "$T/s"; equal "bad value" "$status" 2; contains "choices" "$errs" "auto track crop blur pad"
printf 'x' >"$T/c.conf"
run plan "$walk" --config "$T/c.conf" --state "$T/s"; equal "not an INI file" "$status" 2
run plan "$walk" --config "$T/none.conf" --state "$T/s"; equal "no such configuration" "$status" 2; contains "names it" "$errs" "none.conf"
mkdir "$T/dir.conf"
run plan "$walk" --config "$T/dir.conf" --state "$T/s"; equal "configuration is a folder" "$status" 2
run plan "$walk" --to tiktok --set render.reframe=blur --state "$T/s" --json; equal "--set" "$status" 0
equal "--set arrives" "$(json '[.renditions[].recipe.reframe] | unique | join(",")')" "blur"
CROSSCUT_RENDER_REFRAME=pad run plan "$walk" --to tiktok --state "$T/s" --json
equal "environment arrives" "$(json '[.renditions[].recipe.reframe] | unique | join(",")')" "pad"
mkdir "$T/folder"; cp "$walk" "$T/folder/"
printf '[destination tiktok]\nplatform = tiktok\ntoken_command = touch %s/pwned\n' "$T" >"$T/folder/pipeline.conf"
run plan "$T/folder/walk.mp4" --state "$T/s"; equal "a master's folder may not run commands" "$status" 2
check "and did not" test ! -e "$T/pwned"
run limits; equal "limits" "$status" 0; contains "limits name a source" "$out" "platforms/tiktok.md"
run limits youtube --json; equal "limits --json" "$(json '.platforms[0].platform')" "youtube"
run limits nowhere; equal "unknown platform" "$status" 2
run status --state "$T/s"; equal "status of nothing" "$status" 0
run config --json; equal "config --json" "$(json .schema)" "crosscut/1"
finish
