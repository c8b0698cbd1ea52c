package main

import (
	"bufio"
	"fmt"
	"strings"

	"followup/crm"
	"followup/models"
)

type userCmd struct {
	Add      userAddCmd      `cmd:"" help:"Add a user; the password is read from the first line of standard input with --password-stdin, else made and printed."`
	Password userPasswordCmd `cmd:"" help:"Give a user a new password."`
}

type userAddCmd struct {
	Email         string `arg:"" help:"Address to sign in with."`
	Name          string `required:"" help:"Full name; customers see it."`
	Role          string `default:"rep" enum:"rep,manager,admin" help:"rep, manager or admin."`
	Zone          string `help:"IANA time zone, e.g. America/Chicago." placeholder:"ZONE"`
	Phone         string `help:"Phone to ring, with country code." placeholder:"NUMBER"`
	PasswordStdin bool   `help:"Read the password from standard input."`
}

// Run adds the user.
func (cmd userAddCmd) Run(term terminal, c *cli) error {
	password, err := readPassword(term, cmd.PasswordStdin)
	if err != nil {
		return err
	}
	return withApp(term, c, func(a *app) error {
		u, made, err := a.crm.AddUser(term.ctx, models.ActorSystem, models.User{
			Email: cmd.Email, Name: cmd.Name, Role: models.Role(cmd.Role), Zone: cmd.Zone, Phone: cmd.Phone, Locale: "en-US",
		}, password)
		if err != nil {
			return err
		}
		fmt.Fprintf(term.out, "Added %s <%s> as %s.\n", u.Name, u.Email, u.Role)
		if made != "" {
			fmt.Fprintf(term.out, "Password: %s (shown once)\n", made)
		}
		return nil
	})
}

type userPasswordCmd struct {
	Email         string `arg:"" help:"The user's address."`
	PasswordStdin bool   `help:"Read the password from standard input."`
}

// Run sets the password.
func (cmd userPasswordCmd) Run(term terminal, c *cli) error {
	password, err := readPassword(term, cmd.PasswordStdin)
	if err != nil {
		return err
	}
	made := password == ""
	if made {
		password = crm.GeneratePassword()
	}
	return withApp(term, c, func(a *app) error {
		u, err := a.store.UserByEmail(term.ctx, strings.ToLower(cmd.Email))
		if err != nil {
			return err
		}
		if err := a.crm.SetPassword(term.ctx, models.ActorSystem, u.ID, password); err != nil {
			return err
		}
		fmt.Fprintf(term.out, "The password of %s is changed.\n", u.Email)
		if made {
			fmt.Fprintf(term.out, "Password: %s (shown once)\n", password)
		}
		return nil
	})
}

func readPassword(term terminal, fromInput bool) (string, error) {
	if !fromInput {
		return "", nil
	}
	line, err := bufio.NewReader(term.in).ReadString('\n')
	password := strings.TrimRight(line, "\r\n")
	if password == "" {
		return "", fmt.Errorf("no password on standard input: %w", err)
	}
	return password, nil
}
