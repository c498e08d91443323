# shellcheck shell=sh
# Runs the script $1 with $2 as S and the further arguments as A1, A2, ...
# shellcheck disable=SC2034 # S is read by the script
run=$1 S=$2
shift 2
i=0
for a; do
  i=$((i + 1))
  export "A$i=$a"
done
unset a i
eval "$run"
