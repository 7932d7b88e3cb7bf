# Made by tests/make_completions.py.
_bytezip() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= options i IFS=$' \t\n'
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            compress|decompress|bench|d|x|test|cat|list|detect|scan|info|train|generate) command=${COMP_WORDS[i]}; break ;;
        esac
    done
    case $command in
        compress) options='-r --recursive --files -0 --null -o --output --output-dir -c --stdout -k --keep --rm -f --force -S --suffix --block-size --restart --no-check -N --name -n --no-name --model --engine --device -T --threads -M --memlimit -q --quiet -v --verbose --no-progress -1 -2 -3 -4 -5 -6 -7 -8 -9 --fast --best --help' ;;
        decompress) options='-r --recursive --files -0 --null -o --output --output-dir -c --stdout -k --keep --rm -f --force -S --suffix -N --name -n --no-name --sparse --no-sparse --model --engine --device -T --threads -M --memlimit -q --quiet -v --verbose --no-progress --help' ;;
        bench) options='--levels --against --peers --synthetic --repeats --limit --json --csv --markdown --plot -q --quiet --model --engine --device -T --threads --help' ;;
        d) options='-r --recursive --files -0 --null -o --output --output-dir -c --stdout -k --keep --rm -f --force -S --suffix -N --name -n --no-name --sparse --no-sparse --model --engine --device -T --threads -M --memlimit -q --quiet -v --verbose --no-progress --help' ;;
        x) options='-r --recursive --files -0 --null -o --output --output-dir -c --stdout -k --keep --rm -f --force -S --suffix -N --name -n --no-name --sparse --no-sparse --model --engine --device -T --threads -M --memlimit -q --quiet -v --verbose --no-progress --help' ;;
        test) options='--json -r --recursive --files -0 --null --model --engine --device -T --threads -M --memlimit -q --quiet -v --verbose --no-progress --help' ;;
        cat) options='-r --recursive --files -0 --null --model --engine --device -T --threads -M --memlimit -q --quiet -v --verbose --no-progress --help' ;;
        list) options='--json -r --recursive --files -0 --null -q --quiet -v --verbose --help' ;;
        detect) options='--json --jsonl --mime -b --brief --segments --explain --full -r --recursive --files -0 --null -q --quiet -v --verbose --help' ;;
        scan) options='-n --top --known --window --jsonl -r --recursive --files -0 --null --model --engine --device -T --threads -q --quiet -v --verbose --no-progress --help' ;;
        info) options='--json --help' ;;
        train) options='-o --output --from --time --log --plot -T --threads -f --force -q --quiet -v --verbose --no-progress --help' ;;
        generate) options='-n --length -t --temperature --seed --model --engine --device --help' ;;
        *) options='-d --decompress -t --test -l --list -r --recursive --files -0 --null -o --output --output-dir -c --stdout -k --keep --rm -f --force -S --suffix --block-size --restart --no-check -N --name -n --no-name --sparse --no-sparse --model --engine --device -T --threads -M --memlimit -q --quiet -v --verbose --no-progress -1 -2 -3 -4 -5 -6 -7 -8 -9 --fast --best --help' ;;
    esac
    case $prev in
        --files|-o|--output|--model|--peers|--plot|--known|--from|--log) compopt -o filenames 2>/dev/null; IFS=$'\n'; COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --output-dir) compopt -o filenames 2>/dev/null; IFS=$'\n'; COMPREPLY=($(compgen -d -- "$cur")); return ;;
        -S|--suffix|--level|--block-size|--restart|-T|--threads|-M|--memlimit|--levels|--against|--repeats|--limit|-n|--top|--window|--time|--length|-t|--temperature|--seed) return ;;
        --engine) COMPREPLY=($(compgen -W 'auto native torch' -- "$cur")); return ;;
        --device) COMPREPLY=($(compgen -W 'auto cpu cuda mps' -- "$cur")); return ;;
    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$cur"))
        return
    fi
    [[ $command ]] || COMPREPLY=($(compgen -W 'compress decompress bench d x test cat list detect scan info train generate' -- "$cur"))
    compopt -o filenames 2>/dev/null
    IFS=$'\n'
    case $command in
        cat|d|decompress|list|test|x)
            COMPREPLY+=($(compgen -f -X '!*.bytz' -- "$cur") $(compgen -d -- "$cur")) ;;
        *) COMPREPLY+=($(compgen -f -- "$cur")) ;;
    esac
}
complete -F _bytezip bytezip
