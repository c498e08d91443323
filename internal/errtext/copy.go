package errtext

// copyRules are messages of tar during kubectl cp: of the one in the container, and of kubectl's own. The way to the container works.
func copyRules() []rule {
	row := func(meaning string, causes, next []string, when ...string) rule {
		return rule{
			when: when, class: KubeletAnswered, tunnel: No, meaning: meaning, causes: causes, next: next, source: kubectlCp,
		}
	}
	around := "copy through a shell: kubectl exec -i POD -- sh -c 'cat > FILE' < FILE"
	large := row(
		"kubectl cp reached the container. tar runs there and cannot read what comes in as an archive.",
		[]string{
			"a file is too large for that tar: BusyBox's does not read the format for 8 GiB and more",
			"the stream was cut or something else was written into it",
		},
		[]string{around, "split the file"},
		"tar: invalid tar magic",
		"tar: short read",
		"tar: unexpected end of file",
		"tar: Unexpected EOF in archive",
		"does not look like a tar archive",
		"tar: corrupted octal value",
		"tar: invalid tar header checksum",
		"tar: Skipping to next header",
	)
	large.source = "https://github.com/kubernetes/kubernetes/issues/115573"
	local := row(
		"kubectl cp reached the container. What kubectl itself reads or writes is not a whole archive.",
		[]string{
			"copying from a pod: something in the container writes into the output of tar, or --retries resumed at a wrong place",
			"copying to a pod: the file grew or shrank while it was read",
		},
		[]string{"copy the file in parts", "kubectl exec POD -- cat FILE > FILE, and compare the sums"},
		"archive/tar: invalid tar header",
		"archive/tar: write too long",
		"archive/tar: missed writing",
		"archive/tar: header field too long",
	)
	local.source = "https://github.com/kubernetes/kubernetes/issues/110613"
	return []rule{
		large, local,
		row("kubectl cp reached the container. There, tar may not write or read: the container's user lacks permission.",
			[]string{"the directory belongs to another user, or the file system is read-only"},
			[]string{"copy to /tmp", "kubectl exec POD -- id"},
			"^tar: … Permission denied", "^tar: … Operation not permitted", "^tar: … Read-only file system"),
		row("kubectl cp reached the container. There, the disk or the volume is full.",
			[]string{"the volume, or the container's own file system, has no room"}, []string{"kubectl exec POD -- df -h"},
			"^tar: … No space left on device"),
		row(
			"kubectl cp reached the container. There, the path is missing or of another kind.",
			[]string{
				"the file or directory does not exist in the container", "a directory has the name of the file to be written, or the other way around",
				"a file changed or vanished while tar read it",
			},
			[]string{"kubectl exec POD -- ls -l PATH", "give the whole path of the file at both ends"},
			"^tar: … No such file or directory",
			"^tar: … Is a directory",
			"^tar: … Not a directory",
			"^tar: … File exists",
			"^tar: … Cannot stat:",
			"^tar: … Cannot open:",
			"^tar: … file changed as we read it",
			"^tar: … can't open",
			"^tar: … can't stat",
		),
		row(
			"kubectl cp reached the container. The tar of that image does not know an option.",
			[]string{
				"the image has a reduced tar, such as BusyBox's",
			},
			[]string{around},
			"tar: unrecognized option",
			"tar: invalid option",
			"tar: unknown option",
		),
	}
}
