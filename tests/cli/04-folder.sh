# A folder of 20 clips with one broken file: 19 done, exit 7, the broken one named; the second run touches only that one.
. "$ROOT/tests/cli/lib.sh"
sim_start; setup
mkdir "$T/in"
i=1
while [ $i -le 20 ]; do
    n=$(printf %02d $i)
    ffmpeg -v error -f lavfi -i "testsrc2=s=360x640:r=30:d=3.5" -f lavfi -i "sine=frequency=$((200 + 20 * i)):r=48000:d=3.5" \
        -c:v libx264 -preset ultrafast -g 60 -pix_fmt yuv420p -c:a aac -shortest "$T/in/clip-$n.mp4"
    i=$((i + 1))
done
head -c 30000 "$T/in/clip-13.mp4" >"$T/half" && mv "$T/half" "$T/in/clip-13.mp4"
touch "$T/in/.hidden.mp4" "$T/in/film.mp4.crdownload"
find "$T/in" -exec touch -d '1 minute ago' {} +

post "$T/in" --to shorts,site --json
equal "exit" "$status" 7
equal "published" "$(json '[.posts[] | select(.state=="published")] | length')" 38
equal "youtube has 19" "$(sim_posts "$youtube")" 19
contains "the broken one is named" "$(cat "$T/out")" "clip-13.mp4"
equal "with its reason" "$(json '.masters[] | select(.path | endswith("clip-13.mp4")) | .error.text | length > 20')" true
equal "stable order" "$(json '[.masters[].path] | . == sort')" true
contains "the download is passed over" "$(cat "$T/out" "$T/err")" "film.mp4.crdownload"

requests=$(curl -s "$youtube/_sim/requests" | jq length)
post "$T/in" --to shorts,site --json
equal "again: exit" "$status" 7
equal "again: nothing was sent" "$(curl -s "$youtube/_sim/requests" | jq length)" "$requests"
equal "again: youtube still has 19" "$(sim_posts "$youtube")" 19

ffmpeg -v error -y -f lavfi -i "testsrc2=s=360x640:r=30:d=3.5" -f lavfi -i "sine=frequency=900:r=48000:d=3.5" \
    -c:v libx264 -preset ultrafast -g 60 -pix_fmt yuv420p -c:a aac -shortest "$T/in/clip-13.mp4"
touch -d '1 minute ago' "$T/in/clip-13.mp4"
post "$T/in" --to shorts,site --json
equal "mended: exit" "$status" 0
equal "mended: youtube has 20" "$(sim_posts "$youtube")" 20
finish
